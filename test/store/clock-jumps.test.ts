import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { commitPage } from '../../src/store/records/commit-page.ts';
import { owe } from '../../src/store/state/debts.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { createClockedStore, type ClockedStore } from '../support/clocked-store.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import {
  PLAIN,
  ask,
  at,
  makePage,
  open,
  readPass,
  readRow,
  readWatermark,
  sweep,
  write,
  type Sent,
} from './support.ts';

const TAGS = '/ats/tags';
let store: ClockedStore;
let integration: string;

beforeAll(async () => {
  store = await createClockedStore();
  return () => store.close();
});
beforeEach(async () => {
  integration = uniqueIntegrationId();
  await store.setClock(at('11:00:00'));
});

const read = (kind: 'delta' | 'full', ...records: Sent[]) =>
  readPass(store, integration, TAGS, kind, [records]);
const row = (id = 'a') => readRow(store, integration, 'ats_tags', id);
/** Simulates a failover to a server whose clock is an hour behind. */
const jumpBack = () => store.setClock(at('10:00:00'));

describe('our clock jumps back by an hour between two passes (I12)', () => {
  test.each([{ changed_at: '2026-01-01T00:00:00Z' }, {}])(
    'a record that is read after the jump is newer: %j',
    async (times) => {
      await read('full', { id: 'a', name: 'old', ...times });
      await jumpBack();
      expect(await read('delta', { id: 'a', name: 'new', ...times })).toMatchObject({ updated: 1, stale: 0 });
      expect(await row()).toMatchObject({ name: 'new', observed_at: at('10:00:00') });
    },
  );

  test('an emptied tombstone deletes', async () => {
    await read('full', { id: 'a', name: 'old' });
    await jumpBack();
    const emptied = { id: 'a', name: null, remote_deleted_at: '2026-01-01T00:00:00Z' };
    expect(await read('delta', emptied)).toMatchObject({ deleted: 1 });
  });

  test('a sweep finds deleted records, and a record that it deleted can return', async () => {
    await read('full', { id: 'a' });
    await jumpBack();
    expect(await sweep(store, await read('full'))).toMatchObject({ sweep_candidates: 1, sweep_deleted: 1 });
    expect((await row())?.deleted_at).toEqual(at('10:00:00'));
    await store.setClock(at('09:00:00'));
    expect(await read('delta', { id: 'a' })).toMatchObject({ restored: 1 });
  });

  test('a sweep does not touch records that were asked for while the listing ran', async () => {
    await read('full', { id: 'a', name: 'old' });
    const listing = await open(store, integration, TAGS, 'full');
    await jumpBack();
    await write(store, integration, TAGS, [{ id: 'a', name: 'new' }], await ask(store));
    const { pass } = await commitPage(store, listing, makePage(TAGS, []), PLAIN);
    expect(await sweep(store, pass)).toMatchObject({ sweep_candidates: 0 });
  });

  test('an answer from before the jump that is written after it overwrites nothing', async () => {
    await read('full', { id: 'a', name: 'first' });
    const before = await ask(store);
    await jumpBack();
    await read('delta', { id: 'a', name: 'second' });
    expect(await write(store, integration, TAGS, [{ id: 'a', name: 'late' }], before)).toMatchObject({
      stale: 1,
    });
    expect(await row()).toMatchObject({ name: 'second' });
  });
});

describe('our clock jumps back while a pass runs (I8)', () => {
  test("by Kombo's clock, the watermark is not after the moment at which Kombo was asked", async () => {
    // Our clock is an hour ahead when the pass begins, and right when the answer arrives.
    const pass = await open(store, integration, TAGS, 'full');
    await jumpBack();
    await commitPage(store, pass, makePage(TAGS, [], { komboAskedAt: at('10:00:00') }), PLAIN);
    expect(await readWatermark(store, integration, TAGS)).toEqual(at('10:00:00'));
  });

  test('(I6) a pass does not pay a read that was asked for while it ran, even if the clock says it was earlier', async () => {
    await saveIntegration(store, { id: integration, tool: 'demo', category: 'ATS' });
    const pass = await open(store, integration, TAGS, 'full');
    await jumpBack();
    await owe(store, integration, [{ endpoint: TAGS, kind: 'delta' }]);
    const { paid } = await commitPage(store, pass, makePage(TAGS, []), PLAIN);
    expect(paid).toMatchObject({ owes: true });
  });

  test('a stale header moves the watermark back by at most a day', async () => {
    const pass = await open(store, integration, TAGS, 'full');
    const komboAskedAt = new Date('2020-01-01T00:00:00Z');
    await commitPage(store, pass, makePage(TAGS, [], { komboAskedAt }), PLAIN);
    expect(await readWatermark(store, integration, TAGS)).toEqual(new Date('2026-02-28T11:00:00Z'));
  });
});
