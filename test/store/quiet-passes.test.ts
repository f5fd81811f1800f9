import { beforeEach, describe, expect, test } from 'vitest';
import { openPass, type Pass } from '../../src/store/state/passes.ts';
import { endPass } from '../../src/store/state/pass-life.ts';
import { owe } from '../../src/store/state/debts.ts';
import { noteServed } from '../../src/store/state/deliveries.ts';
import { readCutoverFacts } from '../../src/store/reports/cutover.ts';
import { listSyncs, quietEndpointsText, quietSince, quietText } from '../../src/store/reports/history.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { ALL_MODELS } from '../../src/domain/choice.ts';
import { createTestStore } from '../support/database.ts';
import { wrongStates } from '../support/states.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { commitPage } from '../../src/store/records/commit-page.ts';
import { historyAt, makePage, open, PLAIN, readPass } from './support.ts';

const TAGS = '/ats/tags';
const JOBS = '/ats/jobs';

const store = await createTestStore();
let integration: string;

beforeEach(async () => {
  integration = uniqueIntegrationId();
  await saveIntegration(store, { id: integration, tool: 'bombohr', category: 'ATS' });
});

const delta = (records: Record<string, unknown>[] = [], endpoint = TAGS) =>
  readPass(store, integration, endpoint, 'delta', [records]);
const full = (endpoint = TAGS) => readPass(store, integration, endpoint, 'full', [[{ id: 'a' }]]);

/** What is kept: of a quiet row the number of its checks, of any other its kind and state. */
const kept = async (endpoint = TAGS) => {
  const { rows } = await store.pool.query<Pass>(
    'select * from kombo_sync.passes where integration_id = $1 and endpoint = $2 order by started_seq',
    [integration, endpoint],
  );
  return rows.map((row) => (row.quiet_checks > 0 ? row.quiet_checks : `${row.kind} ${row.state}`));
};

describe('a delta without a record', () => {
  test('takes the place of the one before it, with how often and since when it was asked', async () => {
    await full();
    const first = await delta();
    await delta();
    const last = await delta();
    expect(await kept()).toEqual(['full completed', 3]);
    expect(last).toMatchObject({ quiet_checks: 3, quiet_since: first.started_at });
    const { entries } = await listSyncs(store, { integrationId: integration });
    expect(entries.map((sync) => quietText(sync))).toEqual(['3 quiet checks', undefined]);
    expect(quietSince(entries[0]!)).toEqual(first.started_at);
    // A sync that has found something elsewhere says what.
    expect(quietSince({ passes: [...entries[0]!.passes, ...entries[1]!.passes] })).toBeNull();
  });

  test('keeps its own place after one with records, and leaves other endpoints alone', async () => {
    await full();
    await full(JOBS);
    await delta();
    await delta([], JOBS);
    await delta([{ id: 'a', name: 'new' }]);
    await delta();
    expect(await kept()).toEqual(['full completed', 1, 'delta completed', 1]);
    expect(await kept(JOBS)).toEqual(['full completed', 1]);
  });

  test('keeps its own place after one that failed, which stays to be seen', async () => {
    await full();
    await delta();
    const failed = await open(store, integration, TAGS, 'delta');
    await endPass(store, failed.id, { state: 'failed', code: 'X', message: 'x', resumable: false });
    await delta();
    expect(await kept()).toEqual(['full completed', 1, 'delta failed', 1]);
  });

  test('goes on counting over a full pass, which has reports of its own', async () => {
    await full();
    await delta();
    await full();
    await delta();
    expect(await kept()).toEqual(['full completed', 'full completed', 2]);
  });

  test('does not count when it read everything, or only since a moment that you named', async () => {
    const since = new Date(Date.now() - 60_000).toISOString();
    await readPass(store, integration, TAGS, 'full', [[]]);
    const window = await open(store, integration, TAGS, 'full', { since });
    expect(window.updated_after).not.toBeNull();
    expect(await kept()).toEqual(['full completed', 'full running']);
  });

  test('(I8) moves the watermark as any other, and pays what it has read', async () => {
    await full();
    const first = await delta();
    await owe(store, integration, [{ endpoint: TAGS, kind: 'delta' }]);
    const last = await delta();
    const history = await historyAt(store, integration, TAGS);
    expect(history.watermark).toEqual(last.watermark_at);
    expect(history.watermark!.getTime()).toBeGreaterThanOrEqual(first.watermark_at.getTime());
    expect(history.debts).not.toHaveProperty('delta');
    expect(await wrongStates(store)).toEqual([]);
  });

  test('(I9) one that began before a quiet one and ends after it takes no place', async () => {
    await full();
    const early = await open(store, integration, TAGS, 'delta', { syncId: 'early' });
    await delta();
    expect(await kept()).toEqual(['full completed', 'delta running', 1]);
    const again = await openPass(store, {
      integrationId: integration,
      endpoint: TAGS,
      kind: 'delta',
      syncId: 'early',
      workflowId: 'w',
      runId: 'r',
      trigger: 'webhook',
      because: 'webhook',
      overlapMs: 0,
    });
    expect(again?.id).toBe(early.id);
  });

  test('(I24) what a replaced one has served stays evidence that a legacy webhook was read', async () => {
    await full();
    const serve = async () => {
      const pass = await delta();
      const at = Date.now();
      await noteServed(store, integration, pass.sync_id, [
        { type: 'sync-finished', times: 1, firstAt: at, lastAt: at },
      ]);
    };
    const facts = async () => {
      const query = { id: integration, syncs: 5, graceMs: 1_000, settings: ALL_MODELS };
      return (await readCutoverFacts(store, query))[0]!.lastLegacySyncAt;
    };
    await serve();
    const before = await facts();
    expect(before).toBeInstanceOf(Date);
    await delta();
    expect(await kept()).toEqual(['full completed', 2]);
    expect(await facts()).toEqual(before);
  });
});

describe('the sync of a delta whose place was taken', () => {
  const USERS = '/ats/users';
  const read = async (syncId: string, endpoint: string, records: Record<string, unknown>[] = []) => {
    const pass = await open(store, integration, endpoint, 'delta', { syncId: `${integration} ${syncId}` });
    await commitPage(store, pass, makePage(endpoint, records), PLAIN);
  };
  const syncs = async () => {
    const { entries } = await listSyncs(store, { integrationId: integration });
    const deltas = entries.filter(({ kind }) => kind === 'delta').toReversed();
    return deltas.map((sync) => [sync.syncId.split(' ')[1], sync.passes.length, sync.quietEndpoints]);
  };

  beforeEach(async () => {
    for (const endpoint of [TAGS, JOBS, USERS]) await full(endpoint);
  });

  test('still says how many endpoints it has checked', async () => {
    for (const endpoint of [TAGS, USERS]) await read('first', endpoint);
    await read('first', JOBS, [{ id: 'a', name: 'new' }]);
    for (const endpoint of [TAGS, USERS]) await read('second', endpoint);
    expect(await syncs()).toEqual([
      ['first', 1, 2],
      ['second', 2, 0],
    ]);
    await read('third', TAGS);
    expect(await syncs()).toEqual([
      ['first', 1, 2],
      ['second', 1, 1],
      ['third', 1, 0],
    ]);
    const { entries } = await listSyncs(store, { integrationId: integration });
    const texts = entries.map((sync) => quietEndpointsText(sync));
    expect(texts.slice(0, 3)).toEqual([undefined, 'quiet: 1 endpoint checked', 'quiet: 2 endpoints checked']);
  });

  test('hands the number on to the rows that are left of it, until none is', async () => {
    for (const endpoint of [TAGS, JOBS, USERS]) await read('first', endpoint);
    await read('second', TAGS);
    await read('third', JOBS);
    expect((await syncs())[0]).toEqual(['first', 1, 2]);
    await read('fourth', USERS);
    expect(await syncs()).toEqual([
      ['second', 1, 0],
      ['third', 1, 0],
      ['fourth', 1, 0],
    ]);
  });

  test('counts right when its rows are taken at the same time', async () => {
    await read('first', JOBS, [{ id: 'a', name: 'new' }]);
    for (const endpoint of [TAGS, USERS]) await read('first', endpoint);
    await Promise.all([TAGS, USERS].map((endpoint) => read('second', endpoint)));
    expect((await syncs())[0]).toEqual(['first', 1, 2]);
  });
});
