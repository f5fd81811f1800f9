import { describe, expect, test } from 'vitest';
import { createWorkbench, inSync, pass, readsOf, run, start, wholeIntegration } from './setup.ts';

const bench = await createWorkbench();
const { control, store } = bench;
const { startSync, syncEndpoint } = bench.activities();
const JOBS = ['delta /ats/jobs'];

const named = (id: string, ...models: string[]) => run(startSync, start(id, { by: 'webhook', models }));
const asked = (id: string) =>
  run(startSync, start(id, { by: 'operator', models: ['ats_jobs'], urgent: true }));
const looked = (id: string) => run(startSync, start(id, { lookUp: true }));
const alone = (id: string) => run(startSync, start(id));

describe('a model that Kombo lists as not available', () => {
  const offer = (id: string, offered: boolean) =>
    control.setModelProblem(id, 'ats_jobs', offered ? null : 'INTEGRATION.MODEL_NOT_AVAILABLE');
  const lookedUp = (id: string, ago: string) =>
    store.pool.query(`update kombo_sync.integrations set looked_up_at = now() - $2::interval where id = $1`, [
      id,
      ago,
    ]);
  const looks = (id: string) => control.requests({ path: `/integrations/${encodeURIComponent(id)}` }).length;
  const skipped = [{ endpoint: '/ats/jobs', status: 'skipped', reason: { code: 'MODEL_NOT_AVAILABLE' } }];

  test('(I6) is read by any sync once it is available if a webhook named it, and has no timer', async () => {
    const id = await wholeIntegration(bench);
    offer(id, false);
    await looked(id);
    expect(await named(id, 'ats_jobs')).toMatchObject({ passes: [], outcomes: skipped, retryInMs: null });
    expect(await alone(id)).toMatchObject({ passes: [], outcomes: [], retryInMs: null });
    offer(id, true);
    expect(readsOf(await looked(id))).toEqual(JOBS);
    await run(syncEndpoint, pass(id));
    expect(readsOf(await alone(id))).toEqual([]);
  });

  test('causes a look-up once an hour for webhooks that name it', async () => {
    const id = await wholeIntegration(bench);
    offer(id, false);
    await looked(id);
    await lookedUp(id, '61 minutes');
    const before = looks(id);
    await named(id, 'ats_offers');
    expect(looks(id)).toBe(before);
    for (let times = 0; times < 3; times += 1) expect(readsOf(await named(id, 'ats_jobs'))).toEqual([]);
    expect(looks(id)).toBe(before + 1);
    offer(id, true);
    await lookedUp(id, '61 minutes');
    expect(readsOf(await named(id, 'ats_jobs'))).toEqual(JOBS);
  });

  test('causes a look-up at once if you name it', async () => {
    const id = await wholeIntegration(bench);
    const full = () => run(startSync, start(id, { kind: 'full', by: 'full-sync', models: ['ats_jobs'] }));
    for (const [ask, reads] of [
      [() => asked(id), 'delta /ats/jobs'],
      [full, 'full /ats/jobs'],
    ] as const) {
      offer(id, false);
      await looked(id);
      expect(readsOf(await ask())).toEqual([]);
      offer(id, true);
      expect(readsOf(await ask())).toContain(reads);
    }
  });

  test('has no timer, even if its reads failed before; neither has an endpoint that is no longer read', async () => {
    const id = await wholeIntegration(bench);
    const code = 'PLATFORM.INPUT_INVALID';
    for (const endpoint of ['/ats/jobs', '/ats/application-stages']) {
      control.addFault({ kind: 'error', code, integration: id, endpoint });
      const kind = endpoint === '/ats/jobs' ? 'delta' : 'full';
      expect(await run(syncEndpoint, pass(id, { endpoint, kind }))).toMatchObject({ state: 'failed' });
    }
    offer(id, false);
    expect((await looked(id)).retryInMs).toBeNull();
    offer(id, true);
    expect((await looked(id)).retryInMs).toBeGreaterThan(0);
  });
});

describe('an endpoint that the tool refuses as not offered', () => {
  const code = 'INTEGRATION.MODEL_NOT_AVAILABLE';

  /** An integration whose tool has refused the jobs once. */
  async function refused() {
    const id = await wholeIntegration(bench);
    control.addFault({ kind: 'error', code, integration: id, endpoint: '/ats/jobs' });
    expect(
      await run(startSync, start(id, { by: 'webhook', models: ['ats_jobs'] }), inSync(id)),
    ).toMatchObject({
      outcomes: [{ endpoint: '/ats/jobs', status: 'skipped', reason: { code } }],
      retryInMs: null,
    });
    return id;
  }

  test('(I6) is not asked for during a day, and then read if it was named meanwhile', async () => {
    const id = await refused();
    // No timer waits for it.
    expect(await alone(id)).toMatchObject({ passes: [], outcomes: [], retryInMs: null });
    expect(await bench.debts(id)).toMatchObject({ delta: { failure: { errorClass: 'EndpointDisabled' } } });
    await bench.wait(id, 86_400_000);
    expect(readsOf(await alone(id))).toEqual(JOBS);
    expect(await bench.debts(id)).toEqual({});
    expect(readsOf(await alone(id))).toEqual([]);
  });

  test('is offered again when it answers', async () => {
    const id = await refused();
    await run(syncEndpoint, pass(id));
    expect(await bench.debts(id)).toEqual({});
    expect(readsOf(await named(id, 'ats_jobs'))).toEqual(JOBS);
  });

  test('(I27) is tried again for a webhook that names it, at most once per RETRY_INTERVAL', async () => {
    const id = await refused();
    const before = bench.queries(id).length;
    const early = await named(id, 'ats_jobs');
    expect(early).toMatchObject({ outcomes: [{ status: 'skipped' }] });
    expect(bench.queries(id)).toHaveLength(before);
    // A timer waits until it may be tried, because no other webhook may come.
    expect(early.retryInMs).toBeGreaterThan(0);
    expect(early.retryInMs).toBeLessThanOrEqual(30_000);
    await bench.wait(id, 30_000);
    expect(readsOf(await alone(id))).toEqual(JOBS);
    expect(await bench.debts(id)).toEqual({});
  });

  test('(I27) is also tried for a webhook of the integration that comes right after a try', async () => {
    const id = await refused();
    const early = await looked(id);
    expect(readsOf(early)).toEqual([]);
    expect(early.retryInMs).toBeLessThanOrEqual(30_000);
    await bench.wait(id, 30_000);
    expect(readsOf(await alone(id))).toEqual(JOBS);
  });

  test('is tried at once if you name it', async () => {
    expect(readsOf(await asked(await refused()))).toEqual(JOBS);
  });
});

describe('an endpoint that is new at Kombo', () => {
  const read = async (endpoint: string, status: number, code: string | null) => {
    const id = await wholeIntegration(bench);
    const body = code === null ? 'Not found' : JSON.stringify({ status: 'error', error: { code } });
    const contentType = code === null ? 'text/plain' : 'application/json';
    control.addFault({
      kind: 'status',
      status,
      body,
      contentType,
      endpoint,
      integration: id,
      count: 'always',
    });
    return run(syncEndpoint, pass(id, { endpoint, kind: 'full' }));
  };
  const NEW = '/ats/scorecards';

  test.each([
    [404, null],
    [403, 'PLATFORM.NOT_ON_THIS_PLAN'],
    [400, 'constructor'],
  ])('counts as not offered if Kombo refuses it with %s and the code %s', async (status, code) => {
    expect(await read(NEW, status, code)).toMatchObject({ state: 'skipped' });
    expect(await read('/ats/jobs', status, code)).toMatchObject({ state: 'failed' });
  });

  test.each([
    [400, 'PLATFORM.INPUT_INVALID'],
    [401, 'PLATFORM.AUTHENTICATION_INVALID'],
  ])('fails like any other if Kombo gives a reason: %s %s', async (status, code) => {
    expect(await read(NEW, status, code)).toMatchObject({ state: 'failed', reason: { code } });
  });
});
