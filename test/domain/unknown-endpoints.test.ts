import { describe, expect, test } from 'vitest';
import {
  CATALOGUE,
  enabledEndpoints,
  findEndpoint,
  getEndpoint,
  isOffered,
  KNOWN_MODELS,
  knownModels,
} from '../../src/domain/catalogue/index.ts';
import { pickSample, withLearnt } from '../../src/domain/learnt.ts';
import { prepareRecords } from '../../src/domain/records.ts';
import { routeModels } from '../../src/domain/routing.ts';
import { exactNumber } from '../../src/kombo/json.ts';
import { CATCH_UP, decisions, failing, now, owed, TIMER } from './decisions.ts';

const PATH = '/hris/brand-new';
const TABLE = 'hris_brand_new';
const unknown = getEndpoint(PATH);
const WHOLE = { paginated: true, includeDeleted: true };

describe('an endpoint that the catalogue does not have', () => {
  test('has a category, a table and a model for webhooks that follow from its path', () => {
    expect(unknown).toMatchObject({ category: 'HRIS', table: TABLE, fields: {}, isNew: true });
    expect(unknown.models).toEqual({ [TABLE]: 'own' });
    expect(isOffered(unknown, [TABLE])).toBe(false);
    expect(findEndpoint('/integrations/{id}')).toBeUndefined();
    expect(() => getEndpoint('/crm/deals')).toThrow(RangeError);
  });

  test('is read only if it is named, and never replaces one of the catalogue', () => {
    const paths = (extra: string[]) => enabledEndpoints('HRIS', extra).map(({ path }) => path);
    expect(paths([PATH])).toEqual([...paths([]), PATH]);
    expect(enabledEndpoints('ATS', [PATH])).toEqual(enabledEndpoints('ATS'));
    for (const endpoint of CATALOGUE) expect(getEndpoint(endpoint.path)).toBe(endpoint);
  });

  test('(I13) has a known model name that asks for it, also in other categories', () => {
    const known = knownModels([PATH, '/hris/teams']);
    expect([...known].filter((name) => !KNOWN_MODELS.has(name))).toEqual([TABLE]);
    const names = [TABLE, 'hris_other_new'];
    expect(routeModels(names, enabledEndpoints('HRIS', [PATH]), known)).toEqual({
      delta: [PATH],
      full: [],
      unknown: ['hris_other_new'],
    });
    expect(routeModels(names, enabledEndpoints('ATS', [PATH]), known).unknown).toEqual(['hris_other_new']);
  });

  test('is read in full until Kombo has shown that it takes updated_after and ids', () => {
    const nothing = { ...WHOLE, updatedAfter: null, byIds: null };
    for (const endpoint of [unknown, withLearnt(unknown, nothing)]) {
      expect(endpoint).toMatchObject({ delta: 'none', byIds: false });
    }
    expect(withLearnt(unknown, { ...WHOLE, updatedAfter: true, byIds: true })).toMatchObject({
      delta: 'updated_after',
      byIds: true,
    });
  });

  test.each([
    ['is owed', owed(), 'read full hidden-change'],
    ['fails, and its pause is over,', { ...failing(), dueAt: new Date(0) }, 'read full hidden-change'],
    ['fails, and its pause is not over,', { ...failing({ triedAt: new Date() }) }, undefined],
  ])('(I6) a delta that %s is replaced by a full read if the endpoint has no delta', (_, delta, read) => {
    const expected = read === undefined ? [] : [read];
    expect(decisions({ debts: { delta } }, TIMER, {}, PATH)).toEqual(expected);
    // Once in FULL_REFRESH_INTERVAL, like all changes that only a full read shows.
    const [later] = decisions(
      { debts: { delta }, lastFull: new Date(now.getTime() - 3_600_000) },
      CATCH_UP,
      {},
      PATH,
    );
    expect(later).toBe('owe full +5h');
  });
});

describe('the record to try filters with', () => {
  const sample = (...records: object[]) => pickSample(prepareRecords(unknown, records, exactNumber).storable);
  const at = (time: string) => `2026-03-01T${time}Z`;

  test('is the live one that changed last', () => {
    const deleted = { id: 'd', changed_at: at('12:00:00'), remote_deleted_at: at('12:00:00') };
    const [a, b] = [
      { id: 'a', changed_at: at('09:00:00') },
      { id: 'b', changed_at: at('10:00:00') },
    ];
    expect(sample(a, deleted, b, { id: 'n' })).toEqual({ id: 'b', changedAt: new Date(at('10:00:00')) });
    expect(sample(deleted)).toBeUndefined();
    expect(sample()).toBeUndefined();
  });

  test('can have no time, or one that cannot be read', () => {
    expect(sample({ id: 'n' })).toEqual({ id: 'n', changedAt: null });
    expect(sample({ id: 'n', changed_at: 'yesterday' })).toEqual({ id: 'n', changedAt: null });
  });
});
