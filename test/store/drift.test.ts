import { beforeEach, describe, expect, test } from 'vitest';
import { driftVerdict } from '../../src/domain/counts.ts';
import { listDrift } from '../../src/store/reports/history.ts';
import { createTestStore } from '../support/database.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { readPass, sweep, type Sent } from './support.ts';

const TAGS = '/ats/tags';
const store = await createTestStore();
let integration: string;

beforeEach(() => {
  integration = uniqueIntegrationId();
});

const full = async (...records: Sent[]) =>
  sweep(store, await readPass(store, integration, TAGS, 'full', [records]));
const reports = async () => (await listDrift(store, { integrationId: integration, limit: 100 })).entries;
const latest = async () => (await reports())[0];

const OLD = '2026-01-01T00:00:00Z';
const LATER = '2026-01-02T00:00:00Z';
const AHEAD = '2999-01-01T00:00:00Z';
const tag = (id: string, more: Record<string, unknown> = {}) => ({
  id,
  changed_at: OLD,
  remote_deleted_at: null,
  ...more,
});

describe('drift report', () => {
  test('the first full pass has nothing to compare with', async () => {
    await full(tag('a'));
    expect(await reports()).toEqual([]);
  });

  test('a full pass that repairs nothing reports none', async () => {
    await full(tag('a'));
    await full(tag('a'));
    expect(await latest()).toMatchObject({ verdict: 'none', endpoint: TAGS });
  });

  test('what a delta should have read is counted by kind and judged unexpected', async () => {
    await full(
      tag('stale'),
      tag('live', { name: 'x' }),
      tag('deleted', { remote_deleted_at: OLD }),
      tag('emptied', { name: 'x' }),
    );
    await full(
      tag('missing'),
      tag('stale', { changed_at: LATER, name: 'new' }),
      tag('live', { name: 'x', remote_deleted_at: LATER }),
      tag('deleted', { changed_at: LATER }),
      tag('emptied', { name: null, remote_deleted_at: LATER }),
    );
    expect(await latest()).toMatchObject({
      verdict: 'unexpected',
      counts: { missing: 1, stale: 1, wronglyLive: 2, wronglyDeleted: 1, expected: 0 },
    });
  });

  test('changes after the start of the last pass are not drift', async () => {
    await full(tag('a'), tag('b'));
    await full(
      tag('a', { changed_at: AHEAD, name: 'x' }),
      tag('b', { remote_deleted_at: AHEAD }),
      tag('c', { changed_at: AHEAD }),
    );
    expect(await latest()).toMatchObject({ verdict: 'none' });
  });

  test('a nested change that no delta shows is expected, and so is a record that vanished without a trace', async () => {
    await full(tag('a', { remote_data: { nested: 1 } }), tag('gone'));
    await full(tag('a', { remote_data: { nested: 2 } }));
    expect(await latest()).toMatchObject({
      verdict: 'expected',
      counts: { stale: 1, wronglyLive: 1, expected: 2, missing: 0 },
    });
  });

  test('after Kombo went back in time, the drift is expected, because no delta shows it', async () => {
    const later = { changed_at: LATER, name: 'x' };
    await full(
      tag('stale', later),
      tag('live', later),
      tag('deleted', { ...later, remote_deleted_at: LATER }),
    );
    await full(tag('stale'), tag('live', { name: 'x', remote_deleted_at: OLD }), tag('deleted'));
    expect(await latest()).toMatchObject({
      verdict: 'expected',
      counts: { stale: 1, wronglyLive: 1, wronglyDeleted: 1, expected: 3, missing: 0 },
    });
  });

  test('a record without a time may be new, so finding it or its return is not drift', async () => {
    const timeless = (id: string, more: Record<string, unknown> = {}) => ({ id, ...more });
    await full(timeless('known', { name: 'x' }), timeless('returns'));
    await full(timeless('known', { name: 'x' }));
    await full(timeless('known', { name: 'y' }), timeless('returns'), timeless('new'));
    expect(await latest()).toMatchObject({
      verdict: 'expected',
      counts: { missing: 0, stale: 1, wronglyLive: 0, wronglyDeleted: 0, expected: 1 },
    });
  });

  test('one unexpected repair among expected ones makes the report unexpected', () => {
    const counts = { missing: 0, stale: 3, wronglyLive: 0, wronglyDeleted: 0, expected: 2 };
    expect(driftVerdict(counts)).toBe('unexpected');
    expect(driftVerdict({ ...counts, expected: 3 })).toBe('expected');
  });
});
