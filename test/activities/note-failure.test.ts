import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { findIntegration } from '../../src/store/state/integrations.ts';
import { insertDebt } from '../support/debts.ts';
import {
  createWorkbench,
  environment,
  failure,
  inSync,
  pass,
  readOnce,
  readsOf,
  run,
  start,
  wholeIntegration,
} from './setup.ts';

const bench = await createWorkbench();
const { control, store } = bench;
const { startSync, syncEndpoint } = bench.activities();
const JOBS = '/ats/jobs';
const REJECTED = 'PLATFORM.INPUT_INVALID';

/** Makes the next request for the jobs fail with this code. */
const refuse = (id: string, code: string, count: number | 'always' = 1) =>
  control.addFault({ kind: 'error', code, integration: id, endpoint: JOBS, count });

/** Makes Kombo never answer requests for the jobs. */
const stall = (id: string) =>
  control.addFault({ kind: 'stall', integration: id, endpoint: JOBS, count: 'always' });

/** Runs a delta that Kombo refuses. */
async function failRead(id: string, code = REJECTED, env = environment()) {
  refuse(id, code);
  const result = await run(syncEndpoint, pass(id), env);
  expect(result.state).toBe('failed');
  return result as Extract<typeof result, { state: 'failed' | 'skipped' }>;
}

describe('(I10) a failure', () => {
  test('ends its pass, is owed, is visible, and is tried again after its pause by a sync of any kind', async () => {
    const id = await wholeIntegration(bench);
    const { reason, retryInMs } = await failRead(id, REJECTED, inSync(id));
    expect(reason).toMatchObject({ code: REJECTED });
    expect((await bench.passes(id)).at(-1)).toMatchObject({ state: 'failed', error_code: REJECTED });
    expect(await bench.debts(id)).toMatchObject({
      delta: {
        failure: { errorClass: 'RequestRejected', code: REJECTED, failures: 1, needsAttention: true },
      },
    });
    expect(retryInMs).toBeGreaterThan(0);
    const named = (...models: string[]) => run(startSync, start(id, { by: 'webhook', models }), inSync(id));
    expect(await named('ats_jobs')).toMatchObject({
      passes: [],
      outcomes: [{ endpoint: JOBS, status: 'failed', reason: { code: REJECTED } }],
      retryInMs: expect.any(Number) as number,
    });
    expect(bench.timesWoken(id)).toBe(0);
    await bench.wait(id, 3_600_000);
    expect(readsOf(await named('ats_offers'))).toContain('delta /ats/jobs');
    expect(await bench.debts(id)).toEqual({});
  });

  test('returns when the next try is; the longer it has been failing, the later', async () => {
    const id = await wholeIntegration(bench);
    const { retryInMs } = await failRead(id);
    expect(retryInMs).toBeLessThanOrEqual(loadConfig({}).RETRY_INTERVAL);
    await store.pool.query(
      `update kombo_sync.debts set failing_since = now() - interval '1 hour' where integration_id = $1`,
      [id],
    );
    const later = (await failRead(id)).retryInMs!;
    expect(later).toBeGreaterThan(4 * 60_000);
    expect(later).toBeLessThanOrEqual(6 * 60_000);
    expect(await bench.debts(id)).toMatchObject({ delta: { failure: { failures: 2 } } });
  });

  test('in another run than sync/<id> wakes sync/<id>', async () => {
    const id = await bench.integration();
    await readOnce(bench, id);
    await failRead(id, REJECTED, inSync(id));
    expect(bench.timesWoken(id)).toBe(0);
    await failRead(id);
    expect(bench.timesWoken(id)).toBe(1);
  });

  test('is told each time: a warning when it begins, an error when it is given up, else information', async () => {
    const id = await bench.integration();
    await readOnce(bench, id);
    const told = () =>
      bench
        .logs()
        .split('\n')
        .filter((line) => line.includes(id))
        .map((line) => JSON.parse(line) as { level: number; failures?: number })
        .filter(({ failures }) => failures !== undefined)
        .map(({ level }) => level);
    stall(id);
    const hasty = bench.activities({ timeoutMs: 50, settings: loadConfig({ RETRY_GIVE_UP: '1ms' }) });
    const calm = bench.activities({ timeoutMs: 50 });
    for (const activities of [calm, calm, hasty, hasty]) await run(activities.syncEndpoint, pass(id));
    expect(told()).toEqual([40, 30, 50, 30]);
  });

  test('counts once if it is recorded again, for example because Temporal was away', async () => {
    const id = await wholeIntegration(bench);
    const away = () => Promise.reject(new Error('Temporal is away'));
    const broken = bench.activities({ temporal: { settle: () => Promise.resolve(), wake: away } });
    const input = pass(id);
    refuse(id, REJECTED);
    await failure(broken.syncEndpoint, input);
    const { delta } = await bench.debts(id);
    // The pass has ended. The second attempt returns that and reads nothing.
    expect(await run(syncEndpoint, input)).toMatchObject({ state: 'failed', reason: { code: REJECTED } });
    expect(bench.queries(id)).toHaveLength(1);
    expect(await bench.debts(id)).toEqual({ delta });
    expect(bench.timesWoken(id)).toBe(1);
    await failRead(id);
    expect(await bench.debts(id)).toMatchObject({ delta: { failure: { failures: 2 } } });
  });

  test('ends with the next completed pass, and the next failure counts from one', async () => {
    const id = await wholeIntegration(bench);
    await failRead(id);
    await failRead(id);
    await run(syncEndpoint, pass(id));
    expect(await bench.debts(id)).toEqual({});
    await failRead(id);
    expect(await bench.debts(id)).toMatchObject({ delta: { failure: { failures: 1 } } });
  });

  test('of a full pass comes after six tries in short order', async () => {
    const id = await bench.integration({ records: { ats_jobs: 600 } });
    stall(id);
    const { syncEndpoint: readFull } = bench.activities({ timeoutMs: 50 });
    const input = pass(id, { kind: 'full' });
    const pauses: number[] = [];
    let tries = 0;
    for (;;) {
      const result = await run(readFull, { ...input, tries });
      if (result.state !== 'waits') {
        expect(result).toMatchObject({ state: 'failed', reason: { code: expect.any(String) as string } });
        break;
      }
      ({ tries } = result);
      pauses.push(result.waitMs);
      // The failing tries are visible meanwhile.
      expect(await bench.debts(id)).toMatchObject({ full: { failure: { failures: tries } } });
    }
    expect(pauses).toEqual([2_000, 4_000, 8_000, 16_000, 30_000]);
    expect((await bench.passes(id))[0]).toMatchObject({ state: 'failed', cursor: null });
  });
});

test.each([
  ['EndpointDisabled', 'INTEGRATION.MODEL_NOT_AVAILABLE'],
  ['RequestRejected', REJECTED],
])('(I6, I10) %s of an older pass is ignored after a newer read', async (_class, code) => {
  const id = await bench.integration({ records: { ats_jobs: 300 } });
  const old = pass(id, { kind: 'full' });
  await run(bench.activities({ chunkMs: 0 }).syncEndpoint, old);
  await readOnce(bench, id);
  refuse(id, code);
  await run(syncEndpoint, old);
  expect(await bench.debts(id)).not.toHaveProperty('full');
});

describe('reads that heal together', () => {
  const outage = async (id: string, endpoint: string, minutesAgo: number) =>
    insertDebt(store, id, {
      endpoint,
      kind: 'delta',
      since: new Date(Date.now() - minutesAgo * 60_000),
      dueAt: new Date(Date.now() + 3_600_000),
      failure: {
        since: new Date(Date.now() - minutesAgo * 60_000),
        triedAt: new Date(Date.now() - 10 * 60_000),
      },
    });

  test('(I27) are due when one of them works again, in this integration and in others of the same outage', async () => {
    const [one, other, older] = [
      await wholeIntegration(bench),
      await wholeIntegration(bench),
      await wholeIntegration(bench),
    ];
    for (const endpoint of [JOBS, '/ats/offers']) await outage(one, endpoint, 60);
    await outage(other, JOBS, 59);
    // That one has failed for longer, so for another reason.
    await outage(older, JOBS, 600);
    expect(await run(syncEndpoint, pass(one), inSync(one))).toMatchObject({ owes: true });
    expect(bench.timesWoken(other)).toBe(1);
    expect(bench.timesWoken(older)).toBe(0);
    expect(readsOf(await run(startSync, start(one)))).toEqual(['delta /ats/offers']);
    expect(readsOf(await run(startSync, start(other)))).toEqual(['delta /ats/jobs']);
    expect(readsOf(await run(startSync, start(older)))).toEqual([]);
  });
});

describe('(I21) what one endpoint says about the whole integration', () => {
  const NOT_FOUND = 'PLATFORM.INTEGRATION_NOT_FOUND';
  const status = async (id: string) => (await findIntegration(store, id))!.status;

  test.each([NOT_FOUND, 'INTEGRATION.QA_FAILED', 'INTEGRATION.INACTIVE'])(
    '%s is not trusted, but causes a look-up',
    async (code) => {
      const id = await wholeIntegration(bench);
      const { owes } = await failRead(id, code, inSync(id));
      expect(owes).toBe(true);
      expect(await status(id)).toBe('active');
      expect(await bench.debts(id, '/integrations/{id}')).toHaveProperty('look-up');
      control.clearRequests();
      expect(readsOf(await run(startSync, start(id, { by: 'webhook', models: ['ats_offers'] })))).toContain(
        'delta /ats/offers',
      );
      expect(control.requests({ path: `/integrations/${encodeURIComponent(id)}` })).toHaveLength(1);
      expect(await status(id)).toBe('active');
    },
  );

  test('counts if the look-up confirms it: the integration is removed', async () => {
    const id = await wholeIntegration(bench);
    await failRead(id, NOT_FOUND);
    control.removeIntegration(id);
    await run(startSync, start(id));
    expect(await findIntegration(store, id)).toMatchObject({ status: 'removed', statusCode: NOT_FOUND });
    expect(bench.settled).toContain(id);
  });

  test('causes the look-up in the same start if an endpoint says it there', async () => {
    const id = await wholeIntegration(bench);
    refuse(id, NOT_FOUND);
    control.removeIntegration(id);
    expect(await run(startSync, start(id, { by: 'webhook', models: ['ats_jobs'] }))).toMatchObject({
      blocked: { code: 'IntegrationGone' },
    });
    expect(await status(id)).toBe('removed');
  });

  test('parks it if every endpoint says so, and a read that works makes it active again', async () => {
    const id = await wholeIntegration(bench);
    const code = 'INTEGRATION.QA_FAILED';
    control.addFault({ kind: 'error', code, integration: id, count: 'always' });
    await run(startSync, start(id, { by: 'operator', models: undefined }));
    expect(await findIntegration(store, id)).toMatchObject({
      status: 'parked',
      statusCode: code,
      statusReason: expect.stringMatching(/./) as string,
    });
    control.clearFaults();
    await run(syncEndpoint, pass(id));
    expect(await findIntegration(store, id)).toMatchObject({ status: 'active', statusReason: null });
  });
});
