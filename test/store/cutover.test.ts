import { beforeEach, describe, expect, test } from 'vitest';
import { ALL_MODELS } from '../../src/domain/choice.ts';
import { commitPage } from '../../src/store/records/commit-page.ts';
import { legacyTotals, readCutoverFacts } from '../../src/store/reports/cutover.ts';
import type { DeliveryOutcome } from '../../src/domain/deliveries.ts';
import { addDeliveries, noteServed } from '../../src/store/state/deliveries.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { park, remove } from '../../src/store/state/life.ts';
import { oldestWatermarks } from '../../src/store/reports/freshness.ts';
import { findOverview } from '../../src/store/reports/overview.ts';
import { createTestStore } from '../support/database.ts';
import { insertDebt } from '../support/debts.ts';
import { makePage, open, PLAIN, readPass } from './support.ts';
import { statesFromPasses } from '../support/states.ts';

const TAGS = '/ats/tags';
const MINUTE = 60_000;
const GRACE = 10 * MINUTE;
const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 12, minute));

const store = await createTestStore();
let id = '';
let integrations = 0;
let records = 0;

beforeEach(async () => {
  id = `demo:${++integrations}`;
  await saveIntegration(store, { id, tool: 'demo', category: 'ATS' });
});

const facts = async (syncs = 5) => {
  const [found] = await readCutoverFacts(store, { id, syncs, graceMs: GRACE, settings: ALL_MODELS });
  return found!;
};

/** A sync that served webhooks of these types at a minute, and found this many changes. */
async function sync(name: string, types: string[], minute: number, changes = 1): Promise<void> {
  const served = types.map((type) => ({
    type,
    times: 1,
    firstAt: at(minute).getTime(),
    lastAt: at(minute).getTime(),
  }));
  await noteServed(store, id, `${id}/${name}`, served);
  const pass = await open(store, id, TAGS, 'delta', { syncId: `${id}/${name}` });
  const page = Array.from({ length: changes }, () => ({ id: `${++records}` }));
  await commitPage(store, pass, makePage(TAGS, page), PLAIN);
}

describe('(I24) changes that a legacy webhook caused to be read', () => {
  const found = async (syncs?: number) =>
    (await facts(syncs)).legacySyncs.map(({ syncId, confirmed }) => [syncId.split('/')[1], confirmed]);

  test('are confirmed by a data-changed of the same sync, or of another one shortly after', async () => {
    await sync('both', ['sync-finished', 'data-changed'], 0);
    await sync('alone', ['sync-finished'], 30);
    await sync('before', ['data-changed'], 59);
    await sync('near', ['remote-event-received'], 60);
    expect(await found(1)).toEqual([['near', false]]);
    await sync('nearer', ['sync-finished'], 61);
    await sync('after', ['data-changed'], 70, 0);
    expect(await found()).toEqual([
      ['nearer', true],
      ['near', true],
      ['alone', false],
      ['both', true],
    ]);
    expect(await found(2)).toHaveLength(2);
    expect((await facts()).legacySyncs[0]?.at).toEqual(at(61));
  });

  test('are evidence too if a data-changed caused them to be read just before', async () => {
    await sync('told', ['data-changed'], 0);
    await sync('nothing left', ['sync-finished'], 2, 0);
    await sync('too late', ['sync-finished'], 30, 0);
    expect(await found()).toEqual([['nothing left', true]]);
  });

  test('do not include a sync that found nothing, and data-changed of another integration confirms none', async () => {
    await sync('quiet', ['sync-finished'], 0, 0);
    await sync('alone', ['sync-finished'], 1);
    const other = `${id}-other`;
    const served = { type: 'data-changed', times: 1, firstAt: at(1).getTime(), lastAt: at(1).getTime() };
    await noteServed(store, other, `${other}/x`, [served]);
    expect(await found()).toEqual([['alone', false]]);
  });
});

test('the newest sync for a legacy webhook counts if it has read something', async () => {
  const newest = async () => (await facts()).lastLegacySyncAt;
  expect(await newest()).toBeNull();
  await sync('told', ['data-changed'], 1);
  expect(await newest()).toBeNull();
  await sync('changed', ['sync-finished'], 2);
  expect(await newest()).toEqual(at(2));
  await sync('quiet', ['remote-event-received', 'data-changed'], 3, 0);
  expect(await newest()).toEqual(at(3));
  // One that serve did not act on, and one whose sync read nothing, for example while it is parked.
  await addDeliveries(store, [
    {
      integrationId: id,
      type: 'sync-finished',
      outcome: 'legacy-off',
      times: 1,
      firstAt: at(4),
      lastAt: at(4),
    },
  ]);
  const served = { type: 'sync-finished', times: 1, firstAt: at(5).getTime(), lastAt: at(5).getTime() };
  await noteServed(store, id, `${id}/parked`, [served]);
  await open(store, id, TAGS, 'delta', { syncId: `${id}/parked` });
  expect(await newest()).toEqual(at(3));
});

test('the newest webhook of each kind counts, even if no sync has served it', async () => {
  expect(await facts()).toMatchObject({ lastLegacyAt: null, lastDataChangedAt: null, legacySyncs: [] });
  await sync('served', ['sync-finished', 'data-changed'], 1);
  expect(await facts()).toMatchObject({ lastLegacyAt: at(1), lastDataChangedAt: at(1) });
  const count = (type: string, outcome: DeliveryOutcome, minute: number) =>
    addDeliveries(store, [
      { integrationId: id, type, outcome, times: 3, firstAt: at(minute), lastAt: at(minute) },
    ]);
  await count('sync-finished', 'legacy-off', 5);
  await count('data-changed', 'accepted', 4);
  await count('integration-created', 'accepted', 9);
  expect(await facts()).toMatchObject({ lastLegacyAt: at(5), lastDataChangedAt: at(4) });
  expect(await legacyTotals(store, id)).toMatchObject({
    times: 3,
    types: ['sync-finished'],
    lastSeenAt: at(5),
    ignoredSince: at(5),
  });
  await count('remote-event-received', 'accepted', 7);
  expect(await legacyTotals(store, id)).toMatchObject({
    times: 6,
    types: ['remote-event-received', 'sync-finished'],
    lastSeenAt: at(7),
  });
  expect(await legacyTotals(store, `${id}-other`)).toMatchObject({
    times: 0,
    types: [],
    lastSeenAt: null,
    ignoredSince: null,
  });
});

describe('endpoints', () => {
  const endpoint = async (path = TAGS) => (await facts()).endpoints.find((entry) => entry.endpoint === path);

  test('have the time of their read, their failure, and the newest drift', async () => {
    expect(await endpoint()).toEqual({
      endpoint: TAGS,
      watermark: null,
      lastFull: null,
      failure: null,
      drift: null,
    });
    const full = await readPass(store, id, TAGS, 'full', [[]]);
    const delta = await readPass(store, id, TAGS, 'delta', [[]]);
    expect(await endpoint()).toMatchObject({ watermark: delta.watermark_at, lastFull: full.started_at });
    for (const [index, verdict] of ['unexpected', 'none'].entries()) {
      await store.pool.query(
        `insert into kombo_sync.drift (pass_id, sync_id, integration_id, endpoint, missing, stale, wrongly_live, wrongly_deleted, expected, verdict, at)
         values ($1, 'x', $2, $3, 0, 0, 0, 0, 0, $4, $5)`,
        [full.id * 1_000 + index, id, TAGS, verdict, at(index)],
      );
      await statesFromPasses(store);
      expect(await endpoint()).toMatchObject({ drift: verdict });
    }
    await insertDebt(store, id, { endpoint: TAGS, kind: 'delta', failure: { message: 'Kombo is away.' } });
    expect(await endpoint()).toMatchObject({ failure: { message: 'Kombo is away.', needsAttention: false } });
    await insertDebt(store, id, {
      endpoint: TAGS,
      kind: 'full',
      failure: { message: 'Look!', needsAttention: true },
    });
    expect(await endpoint()).toMatchObject({ failure: { message: 'Look!', needsAttention: true } });
  });

  test('that the tool does not offer are left out, and do not make the copy older', async () => {
    const all = (await facts()).endpoints.length;
    await saveIntegration(store, { id, tool: 'demo', category: 'ATS', unavailableModels: ['ats_tags'] });
    await insertDebt(store, id, {
      endpoint: '/ats/jobs',
      kind: 'delta',
      failure: { errorClass: 'EndpointDisabled', code: 'INTEGRATION.MODEL_DISABLED', message: 'off' },
    });
    const left = (await facts()).endpoints;
    expect(left).toHaveLength(all - 2);
    expect((await findOverview(store, id))?.freshAsOf).toBeNull();
    for (const { endpoint: path } of left) await readPass(store, id, path, 'full', [[]]);
    expect((await findOverview(store, id))?.freshAsOf).toBeInstanceOf(Date);
    await store.pool.query(
      `update kombo_sync.integrations set created_at = now() - interval '1 day', status = case id when $1 then 'active' else 'removed' end`,
      [id],
    );
    expect((await oldestWatermarks(store)).get('ATS')).toBeLessThan(3_600);
  });
});

test('removed integrations do not count; the others are ordered, with the reason if they are not active', async () => {
  const query = { syncs: 5, graceMs: GRACE, settings: ALL_MODELS };
  const parked = `${id}-b`;
  const gone = `${id}-a`;
  for (const other of [parked, gone])
    await saveIntegration(store, { id: other, tool: 'demo', category: 'LMS' });
  await park(store, parked, {
    code: 'INVALID',
    message: 'Reconnect it.',
    needsAttention: true,
    retryInMs: null,
  });
  await remove(store, gone, { code: 'Deleted', message: 'gone', at: at(0) });
  const all = (await readCutoverFacts(store, query)).filter(({ integrationId }) =>
    integrationId.startsWith(id),
  );
  expect(all).toMatchObject([
    { integrationId: id, status: 'active', statusReason: null },
    { integrationId: parked, status: 'parked', statusReason: 'Reconnect it.' },
  ]);
  expect(await readCutoverFacts(store, { ...query, id: gone })).toEqual([]);
});
