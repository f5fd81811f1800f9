import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, test } from 'vitest';
import type { PassFailure } from '../../activities/record-failures.ts';
import { loadConfig } from '../../src/config.ts';
import { readCutoverFacts } from '../../src/store/cutover.ts';
import { transaction } from '../../src/store/database.ts';
import { endpointStates } from '../../src/store/endpoint-states.ts';
import { findIntegration } from '../../src/store/integrations.ts';
import { pause, remove, resume } from '../../src/store/life.ts';
import { syncWorkflowId } from '../../src/temporal/names.ts';
import { waitsForLock } from '../support/database.ts';
import { noTemporal } from '../support/no-temporal.ts';
import { createWorkbench, failed, failure, pass, readOnce, run } from './setup.ts';

const bench = await createWorkbench();
const { store } = bench;
const { recordFailures, syncEndpoint } = bench.activities();
const JOBS = '/ats/jobs';

const record = (
  id: string,
  failures: PassFailure[],
  more: { syncId?: string; activeSince?: string; env?: MockActivityEnvironment } = {},
) => {
  const { env, syncId = randomUUID(), activeSince } = more;
  return run(recordFailures, { integrationId: id, syncId, failures, activeSince }, env);
};
const stateOf = async (id: string) => (await endpointStates(store, id)).get(JOBS);
const inSync = (id: string) =>
  new MockActivityEnvironment({ workflowExecution: { workflowId: syncWorkflowId(id), runId: 'run' } });
const woken = (id: string) => bench.woken.filter((other) => other === id).length;

describe('(I10) a failure', () => {
  test('says when the next try is, and later with each further one', async () => {
    const id = await bench.integration();
    const pauses: number[] = [];
    for (let times = 0; times < 3; times += 1) {
      const { retryAt } = await record(id, [failed('Unavailable')], { env: inSync(id) });
      expect(retryAt).toBe((await stateOf(id))?.dueAt?.toISOString());
      pauses.push(Date.parse(retryAt!) - Date.now());
    }
    expect(await stateOf(id)).toMatchObject({ failure: { failures: 3, needsPerson: false }, owed: 'delta' });
    expect(pauses[0]).toBeLessThanOrEqual(60_000);
    expect(pauses[1]).toBeGreaterThan(2 * pauses[0]!);
    expect(pauses[2]).toBeGreaterThan(2 * pauses[1]!);
    expect(woken(id)).toBe(0);
  });

  test('that another run has met wakes sync/<id>', async () => {
    const id = await bench.integration();
    await record(id, [failed('Unavailable')]);
    expect(woken(id)).toBe(1);
    // Nothing waits for what needs a person.
    const other = await bench.integration();
    expect(await record(other, [failed('RequestRejected')])).toEqual({ retryAt: null });
    expect(await stateOf(other)).toMatchObject({ failure: { needsPerson: true } });
    expect(woken(other)).toBe(0);
  });

  test('is told when it begins and when it is given up, and not in between', async () => {
    const id = await bench.integration();
    const told = () =>
      bench
        .logs()
        .split('\n')
        .filter((line) => line.includes(id))
        .map((line) => (JSON.parse(line) as { level: number }).level);
    await record(id, [failed('Unavailable')]);
    await record(id, [failed('Unavailable')]);
    const hasty = bench.activities({ settings: loadConfig({ RETRY_GIVE_UP: '1ms' }) });
    for (let times = 0; times < 2; times += 1) {
      const input = { integrationId: id, syncId: randomUUID(), failures: [failed('Unavailable')] };
      await run(hasty.recordFailures, input);
    }
    expect(told()).toEqual([40, 20, 50, 20]);
  });

  test('counts once when it is written down again, as after Temporal was away for the waking', async () => {
    const id = await bench.integration();
    const away = () => Promise.reject(new Error('Temporal is away'));
    const broken = bench.activities({ temporal: { ...noTemporal, wake: away } });
    const first = { integrationId: id, syncId: randomUUID(), failures: [failed('Unavailable')] };
    await failure(broken.recordFailures, first);
    const { dueAt } = (await stateOf(id))!;
    expect(await run(recordFailures, first)).toEqual({ retryAt: dueAt!.toISOString() });
    expect(await stateOf(id)).toMatchObject({ failure: { failures: 1 }, dueAt });
    expect(woken(id)).toBe(1);
    await record(id, [failed('Unavailable')]);
    expect(await stateOf(id)).toMatchObject({ failure: { failures: 2 } });
  });

  test('is over with the next pass that completes, and the next one begins anew', async () => {
    const id = await bench.integration();
    await record(id, [failed('Unavailable')]);
    await record(id, [failed('Unavailable')]);
    await readOnce(bench, id);
    expect(await stateOf(id)).toMatchObject({ failure: null, owed: null });
    await record(id, [failed('Unavailable')]);
    expect(await stateOf(id)).toMatchObject({ failure: { failures: 1 } });
  });
});

test.each([
  ['EndpointDisabled', 'INTEGRATION.MODEL_NOT_AVAILABLE'],
  ['RequestRejected', 'PLATFORM.INPUT_INVALID'],
])('(I6, I10) %s that is written down after a newer read is read again', async (type, code) => {
  const id = await bench.integration({ records: { ats_jobs: 3 } });
  bench.control.addFault({ kind: 'error', code, integration: id, endpoint: JOBS, count: 1 });
  const old = pass(id, { kind: 'full' });
  await failure(syncEndpoint, old);
  await readOnce(bench, id);
  await record(id, [{ ...failed(type), kind: 'full' }], { syncId: old.syncId });
  expect(await stateOf(id)).toMatchObject({ owed: 'full', dueAt: null, failure: null, disabled: null });
});

interface Cut {
  syncId: string;
  activeSince: string;
}

describe('(I22) a run that was cancelled', () => {
  const { syncEndpoint: readPage } = bench.activities({ chunkMs: 0 });

  /** A full pass that is planned and has read one page, or one more. */
  async function cut(id: string): Promise<Cut> {
    const integration = await findIntegration(store, id);
    const input = pass(id, { kind: 'full' });
    expect(await run(readPage, input)).toMatchObject({ done: false });
    return { syncId: input.syncId, activeSince: integration!.statusSince.toISOString() };
  }
  const cancelled = (id: string, what: Cut) => record(id, [{ ...failed('Cancelled'), kind: 'full' }], what);

  test('owes what it has not read, without a pause, and a later one goes on with it', async () => {
    const id = await bench.integration({ records: { ats_jobs: 600 } });
    await cancelled(id, await cut(id));
    expect(await stateOf(id)).toMatchObject({ owed: 'full', dueAt: null, failure: null });
    const before = bench.queries(id).length;
    const next = await run(syncEndpoint, pass(id, { kind: 'full' }));
    expect(next).toMatchObject({ done: true, counts: { pages: 3, records: 600, created: 600 } });
    expect(bench.queries(id).slice(before)[0]).toHaveProperty('cursor');
    // Only what was named since the first page was asked for is still owed.
    expect(await stateOf(id)).toMatchObject({ owed: 'delta' });
    await run(syncEndpoint, pass(id));
    expect(await stateOf(id)).toMatchObject({ owed: null });
  });

  test('by a person starts nothing', async () => {
    const id = await bench.integration({ records: { ats_jobs: 300 } });
    await cancelled(id, await cut(id));
    expect(woken(id)).toBe(0);
  });

  test('by a pause that has ended by now wakes sync/<id>, and by one that goes on does not', async () => {
    for (const ended of [true, false]) {
      const id = await bench.integration({ records: { ats_jobs: 300 } });
      const what = await cut(id);
      await pause(store, id, 'audit');
      if (ended) await resume(store, id);
      await cancelled(id, what);
      expect(woken(id)).toBe(ended ? 1 : 0);
    }
  });

  test('before it was planned: a pause that has ended by now wakes sync/<id>, a person does not', async () => {
    for (const paused of [true, false]) {
      const id = await bench.integration();
      const { statusSince } = (await findIntegration(store, id))!;
      if (paused) await pause(store, id, 'audit');
      if (paused) await resume(store, id);
      await run(recordFailures, {
        integrationId: id,
        syncId: randomUUID(),
        failures: [],
        unservedEverything: true,
        unservedKind: 'full',
        cancelled: true,
        activeSince: statusSince.toISOString(),
      });
      expect(woken(id)).toBe(paused ? 1 : 0);
      expect(await stateOf(id)).toMatchObject({ owed: 'full', dueAt: null });
    }
  });

  test('and had gone on with an older pass is not taken for one that a pause has cut off', async () => {
    const id = await bench.integration({ records: { ats_jobs: 800 } });
    await cancelled(id, await cut(id));
    await pause(store, id, 'audit');
    await resume(store, id);
    await cancelled(id, await cut(id));
    expect(woken(id)).toBe(0);
  });
});

describe('(I21) that it is gone', () => {
  const gone = (code: string) => [{ ...failed('IntegrationGone'), code }];
  const NOT_FOUND = 'PLATFORM.INTEGRATION_NOT_FOUND';
  const since = async (id: string) => (await findIntegration(store, id))!.statusSince.toISOString();

  /** Records it while another connection brings the integration back, which it waits for. */
  async function whileItReturns(id: string, code: string, activeSince: string): Promise<void> {
    const { recording } = await transaction(store.pool, async (client) => {
      await client.query(
        `update kombo_sync.integrations set status = 'active', status_code = null, removed_at = null,
           status_since = clock_timestamp() + interval '1 millisecond' where id = $1`,
        [id],
      );
      const recording = [record(id, gone(code), { activeSince })] as const;
      await waitsForLock(store);
      return { recording };
    });
    await recording[0];
  }

  test.each(['IntegrationGone', NOT_FOUND])(
    'as %s does not end the life that begins meanwhile',
    async (code) => {
      const id = await bench.integration();
      const activeSince = await since(id);
      await remove(store, id, { code: 'RemovedByHand', message: 'by ops', at: new Date() });
      await whileItReturns(id, code, activeSince);
      expect(await findIntegration(store, id)).toMatchObject({ status: 'active', statusCode: null });
      expect(bench.unscheduled).not.toContain(id);
      // What Kombo has said may be true of that one as well, so it is asked.
      expect(woken(id)).toBe(code === NOT_FOUND ? 1 : 0);
      if (code === NOT_FOUND) expect(await findIntegration(store, id)).toMatchObject({ lookedUpAt: null });
    },
  );

  test('by Kombo removes the life in which it was read', async () => {
    const id = await bench.integration();
    await record(id, gone(NOT_FOUND), { activeSince: await since(id) });
    expect(await findIntegration(store, id)).toMatchObject({ status: 'removed', statusCode: NOT_FOUND });
    expect(bench.unscheduled).toContain(id);
  });
});

test('(I24) webhooks that a cancelled run has not served are evidence all the same', async () => {
  const id = await bench.integration();
  const at = Date.now();
  await run(recordFailures, {
    integrationId: id,
    syncId: 'cancelled',
    failures: [],
    unservedModels: ['ats_jobs'],
    deliveries: [{ type: 'data-changed', times: 2, firstAt: at, lastAt: at }],
  });
  const query = { id, syncs: 5, graceMs: 1_000, extraEndpoints: [] };
  expect(await readCutoverFacts(store, query)).toMatchObject([{ lastDataChangedAt: new Date(at) }]);
});

test('nothing is written down for an integration that is not known', async () => {
  const id = 'bombohr:nowhere';
  const input = {
    integrationId: id,
    syncId: 'x',
    failures: [],
    unservedModels: ['ats_jobs'],
    unservedLookUp: true,
  };
  expect(await run(recordFailures, input)).toEqual({ retryAt: null });
  expect(await endpointStates(store, id)).toEqual(new Map());
});
