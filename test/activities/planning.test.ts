import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { PassFailure } from '../../activities/record-failures.ts';
import { enabledEndpoints } from '../../src/domain/catalogue/index.ts';
import { openStore } from '../../src/store/database.ts';
import { endpointStates } from '../../src/store/endpoint-states.ts';
import { findIntegration } from '../../src/store/integrations.ts';
import { pause, resume } from '../../src/store/life.ts';
import { listOverview, oldestWatermarks } from '../../src/store/overview.ts';
import { createWorkbench, failure, pass, readOnce, run } from './setup.ts';

const bench = await createWorkbench();
const { control, store } = bench;
const { planSync, recordFailures, syncEndpoint } = bench.activities();

/** Every endpoint has been read once, so that a plan holds what it was asked for and nothing else. */
async function wholeIntegration(): Promise<string> {
  const id = await bench.integration({ records: { ats_jobs: 3, ats_offers: 3 } });
  for (const { path } of enabledEndpoints('ATS')) await run(syncEndpoint, pass(id, { endpoint: path }));
  return id;
}

const delta = (integrationId: string, models: string[] | undefined, refresh = false) =>
  run(planSync, { integrationId, kind: 'delta', models, refresh, syncId: randomUUID() });

const failed = (endpoint: string, type: string): PassFailure => ({
  endpoint,
  kind: 'delta',
  type,
  code: type,
  message: 'no',
});

describe('planSync', () => {
  test('an integration that only Kombo knows is looked up, kept and scheduled, and read whole', async () => {
    const id = await bench.integration({ organizationName: 'Acme' }, false);
    const plan = await delta(id, ['ats_jobs']);
    expect(plan).toMatchObject({ tool: 'bombohr', category: 'ATS', unknownModels: [] });
    expect(plan.passes.map((planned) => planned.endpoint)).toEqual(
      enabledEndpoints('ATS').map(({ path }) => path),
    );
    const kept = await findIntegration(store, id);
    expect(kept).toMatchObject({ organizationName: 'Acme', status: 'active' });
    expect(plan.activeSince).toBe(kept!.statusSince.toISOString());
    expect(bench.scheduled).toContain(id);
  });

  test('one that Kombo does not know is removed, with its schedules', async () => {
    const id = await bench.integration();
    control.removeIntegration(id);
    expect(await delta(id, [], true)).toMatchObject({ passes: [], blocked: { code: 'IntegrationGone' } });
    expect(await findIntegration(store, id)).toMatchObject({ status: 'removed' });
    expect(bench.unscheduled).toContain(id);
    expect((await delta(id, ['ats_jobs'])).blocked?.code).toBe('IntegrationGone');
  });

  test('(I13) one of a category that this version does not know is kept, and the plan says why nothing is read', async () => {
    const id = await bench.integration({ category: 'PAYROLL' }, false);
    expect(await delta(id, ['payroll_runs'], true)).toMatchObject({
      category: 'PAYROLL',
      passes: [],
      unknownModels: ['payroll_runs'],
      blocked: { code: 'CategoryUnknown', message: expect.stringContaining('PAYROLL') as string },
    });
    expect(await findIntegration(store, id)).toMatchObject({ category: 'PAYROLL', status: 'active' });
    const { integrations } = await listOverview(store, { id });
    expect(integrations).toMatchObject([{ id, freshAsOf: null, failedEndpoints: [] }]);
    expect([...(await oldestWatermarks(store)).keys()]).not.toContain('PAYROLL');
  });

  test('what models name is read, and nothing else; names without an endpoint are reported', async () => {
    const id = await wholeIntegration();
    expect(await delta(id, ['ats_jobs', 'ats_new_thing'])).toMatchObject({
      passes: [{ endpoint: '/ats/jobs', kind: 'delta' }],
      unknownModels: ['ats_new_thing'],
    });
    expect((await delta(id, undefined)).passes.length).toBeGreaterThan(5);
  });

  test('a catch-up beside a first full sync leaves to it what was never read, as long as that goes on', async () => {
    const id = await bench.integration({ records: { ats_jobs: 600 } });
    const reading = pass(id, { kind: 'full', trigger: 'initial' });
    expect(await run(bench.activities({ chunkMs: 0 }).syncEndpoint, reading)).toMatchObject({ done: false });
    expect((await delta(id, undefined)).passes).toEqual([]);
    const webhook = {
      integrationId: id,
      kind: 'delta' as const,
      models: ['ats_offers'],
      refresh: false,
      syncId: randomUUID(),
      deliveries: [{ type: 'data-changed', times: 1, firstAt: 0, lastAt: 0 }],
    };
    const named = (await run(planSync, webhook)).passes.map(({ endpoint }) => endpoint);
    expect(named).toEqual(['/ats/applications', '/ats/offers']);
    await store.pool.query(
      `update kombo_sync.passes set active_at = now() - interval '11 minutes' where integration_id = $1`,
      [id],
    );
    expect((await delta(id, undefined)).passes.length).toBeGreaterThan(5);
  });

  test('(I6) a paused integration keeps what is asked for until it is resumed', async () => {
    const id = await wholeIntegration();
    await pause(store, id, 'audit');
    expect((await delta(id, ['ats_jobs'])).blocked).toMatchObject({ code: 'Paused' });
    await resume(store, id);
    expect((await delta(id, [])).passes).toEqual([{ endpoint: '/ats/jobs', kind: 'delta' }]);
  });

  test('an unreachable Kombo stops only what needs a look-up', async () => {
    const known = await wholeIntegration();
    control.addFault({ kind: 'unavailable', count: 'always', integration: known });
    expect((await delta(known, ['ats_jobs'])).passes).toHaveLength(1);
    const error = await failure(planSync, {
      integrationId: known,
      kind: 'delta',
      refresh: true,
      syncId: 'x',
    });
    expect(error).toMatchObject({ type: 'Unavailable', nonRetryable: false });
  });

  test('a database that is away is waited for', async () => {
    const away = openStore('postgres://nobody@127.0.0.1:1/nothing');
    const input = { integrationId: 'bombohr:any', kind: 'delta' as const, refresh: false, syncId: 'x' };
    const error = await failure(bench.activities({ store: away }).planSync, input);
    expect(error).toMatchObject({
      nonRetryable: false,
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
    await away.close();
  });

  test('(I6) a table that is not there for a while is waited for, by the plan and by what writes down failures', async () => {
    const id = await wholeIntegration();
    const syncId = randomUUID();
    const asked = { integrationId: id, kind: 'delta' as const, models: ['ats_jobs'], refresh: false, syncId };
    const owed = { integrationId: id, syncId, failures: [], unservedModels: ['ats_jobs'] };
    await store.pool.query('alter table kombo_sync.endpoint_states rename to moved_away');
    const errors = [await failure(planSync, asked), await failure(recordFailures, owed)];
    await store.pool.query('alter table kombo_sync.moved_away rename to endpoint_states');
    for (const error of errors)
      expect(error).toMatchObject({
        nonRetryable: false,
        message: expect.stringContaining('42P01') as string,
      });
    await run(recordFailures, owed);
    expect((await delta(id, [])).passes).toEqual([{ endpoint: '/ats/jobs', kind: 'delta' }]);
  });
});

describe('a model that Kombo lists as not available', () => {
  const JOBS = [{ endpoint: '/ats/jobs', kind: 'delta' }];
  const offer = (id: string, offered: boolean) =>
    control.setModelProblem(id, 'ats_jobs', offered ? null : 'INTEGRATION.MODEL_NOT_AVAILABLE');
  const lookedUp = (id: string, ago: string) =>
    store.pool.query(`update kombo_sync.integrations set looked_up_at = now() - $2::interval where id = $1`, [
      id,
      ago,
    ]);
  const looks = (id: string) => control.requests({ path: `/integrations/${encodeURIComponent(id)}` }).length;

  test('(I6) and that a webhook names is read once it is available, whatever brings that up, and no timer waits', async () => {
    const id = await wholeIntegration();
    offer(id, false);
    expect(await delta(id, ['ats_jobs'], true)).toMatchObject({
      passes: [],
      skipped: [{ endpoint: '/ats/jobs', status: 'skipped', reason: { code: 'MODEL_NOT_AVAILABLE' } }],
    });
    const waiting = await delta(id, []);
    expect(waiting.passes).toEqual([]);
    expect(waiting).not.toHaveProperty('retryAt');
    offer(id, true);
    expect((await delta(id, [], true)).passes).toEqual(JOBS);
    await run(syncEndpoint, pass(id));
    expect((await delta(id, [])).passes).toEqual([]);
  });

  test('is looked up again for a webhook that names it, once an hour', async () => {
    const id = await wholeIntegration();
    offer(id, false);
    await delta(id, [], true);
    await lookedUp(id, '61 minutes');
    const before = looks(id);
    await delta(id, ['ats_offers']);
    expect(looks(id)).toBe(before);
    for (let times = 0; times < 3; times += 1) expect((await delta(id, ['ats_jobs'])).passes).toEqual([]);
    expect(looks(id)).toBe(before + 1);
    offer(id, true);
    await lookedUp(id, '61 minutes');
    expect((await delta(id, ['ats_jobs'])).passes).toEqual(JOBS);
  });

  test('no timer waits for it, nor for what is not read any more, though reading it has failed before', async () => {
    const id = await wholeIntegration();
    const extra = '/ats/application-stages';
    const failures = ['/ats/jobs', extra].map((endpoint) => failed(endpoint, 'Unavailable'));
    await run(recordFailures, { integrationId: id, syncId: 'x', failures });
    offer(id, false);
    expect(await delta(id, [], true)).not.toHaveProperty('retryAt');
    offer(id, true);
    expect(await delta(id, [], true)).toHaveProperty('retryAt');
  });
});

describe('recordFailures', () => {
  test('(I6) (I10) a failed pass ends, is owed, is visible, and is tried again after its pause whatever a sync was started for', async () => {
    const id = await wholeIntegration();
    const input = pass(id);
    control.addFault({ kind: 'status', status: 400, integration: id });
    await failure(syncEndpoint, input);
    await run(recordFailures, {
      integrationId: id,
      syncId: input.syncId,
      failures: [failed('/ats/jobs', 'CursorRepeated')],
    });
    expect((await bench.passes(id)).at(-1)).toMatchObject({
      state: 'failed',
      error_code: 'CursorRepeated',
      error_message: 'no',
    });
    const waiting = await delta(id, ['ats_jobs']);
    expect(waiting).toMatchObject({
      skipped: [{ endpoint: '/ats/jobs', status: 'failed', reason: { code: 'CursorRepeated' } }],
      retryAt: expect.any(String) as string,
    });
    expect(waiting.passes).not.toContainEqual({ endpoint: '/ats/jobs', kind: 'delta' });
    await store.pool.query(
      `update kombo_sync.endpoint_states set due_at = now() - interval '1 second' where integration_id = $1`,
      [id],
    );
    expect(await delta(id, ['ats_offers'])).toMatchObject({
      passes: expect.arrayContaining([{ endpoint: '/ats/jobs', kind: 'delta' }]) as unknown,
    });
    await run(syncEndpoint, pass(id));
    expect((await delta(id, [])).passes).toEqual([]);
  });

  test('(I6) models that were never planned are owed', async () => {
    const id = await wholeIntegration();
    await run(recordFailures, {
      integrationId: id,
      syncId: 'x',
      failures: [],
      unservedModels: ['ats_offers', 'ats_nonsense'],
    });
    expect((await delta(id, [])).passes).toEqual((await delta(id, ['ats_offers'])).passes);
    expect((await delta(id, [])).passes).toContainEqual({ endpoint: '/ats/offers', kind: 'delta' });
  });

  test('(I6) when everything was asked for, everything is owed', async () => {
    const id = await wholeIntegration();
    const all = (await delta(id, undefined)).passes.length;
    await run(recordFailures, { integrationId: id, syncId: 'x', failures: [], unservedEverything: true });
    expect((await delta(id, [])).passes.length).toBeGreaterThanOrEqual(all);
  });

  test('a look-up that is owed is done by the next sync', async () => {
    const id = await wholeIntegration();
    control.clearRequests();
    const lookUps = () => control.requests().filter(({ path }) => path.includes('/integrations/')).length;
    await delta(id, []);
    expect(lookUps()).toBe(0);
    await run(recordFailures, { integrationId: id, syncId: 'x', failures: [], unservedLookUp: true });
    await delta(id, []);
    await delta(id, []);
    expect(lookUps()).toBe(1);
  });

  test('(I6) what is owed stays owed when a pass completes that began before', async () => {
    const id = await wholeIntegration();
    const input = pass(id);
    control.update(id, 'ats_jobs', control.ids(id, 'ats_jobs'));
    control.addFault({ kind: 'empty-page', integration: id });
    await run(bench.activities({ chunkMs: 0 }).syncEndpoint, input);
    await run(recordFailures, {
      integrationId: id,
      syncId: 'other',
      failures: [],
      unservedModels: ['ats_jobs'],
    });
    expect(bench.woken).not.toContain(id);
    expect(await run(syncEndpoint, input)).toMatchObject({ done: true });
    // Nobody else may come to read it.
    expect(bench.woken).toContain(id);
    expect((await delta(id, [])).passes).toEqual([{ endpoint: '/ats/jobs', kind: 'delta' }]);
  });

  test('(I6) a change that no delta shows is not served by going on with a full pass that began before it', async () => {
    const id = await bench.integration({ category: 'LMS', records: { lms_courses: 600 } });
    const input = pass(id, { endpoint: '/lms/courses' });
    control.addFault({ kind: 'error', code: 'PLATFORM.IP_NOT_WHITELISTED', nth: 2, integration: id });
    await failure(syncEndpoint, input);
    const cut = { ...failed('/lms/courses', 'Cancelled'), kind: 'full' as const };
    await run(recordFailures, { integrationId: id, syncId: input.syncId, failures: [cut] });
    expect((await delta(id, ['lms_course_providers'])).passes).toContainEqual({
      endpoint: '/lms/courses',
      kind: 'full',
    });
    const next = pass(id, { endpoint: '/lms/courses', kind: 'full' });
    expect(await run(syncEndpoint, next)).toMatchObject({ counts: { pages: 3, records: 600, created: 350 } });
    expect((await endpointStates(store, id)).get('/lms/courses')).toMatchObject({ owed: null });
  });

  test('a parked integration says why, and is active again as soon as a read works', async () => {
    const id = await wholeIntegration();
    await run(recordFailures, {
      integrationId: id,
      syncId: 'x',
      failures: [failed('/ats/jobs', 'IntegrationParked')],
    });
    expect(await findIntegration(store, id)).toMatchObject({ status: 'parked', statusReason: 'no' });
    await readOnce(bench, id);
    expect(await findIntegration(store, id)).toMatchObject({ status: 'active', statusReason: null });
  });

  test('an endpoint that the tool does not offer is left out for a day, and is back when it answers', async () => {
    const id = await wholeIntegration();
    await run(recordFailures, {
      integrationId: id,
      syncId: 'x',
      failures: [failed('/ats/jobs', 'EndpointDisabled')],
    });
    expect(await delta(id, ['ats_jobs'])).toMatchObject({
      passes: [],
      skipped: [{ endpoint: '/ats/jobs', status: 'skipped' }],
    });
    await run(syncEndpoint, pass(id));
    expect((await endpointStates(store, id)).get('/ats/jobs')?.disabled).toBeNull();
    expect((await delta(id, ['ats_jobs'])).passes).toHaveLength(1);
  });

  test('(I6) what is named meanwhile is read as soon as it may be offered again', async () => {
    const id = await wholeIntegration();
    const disabled = { integrationId: id, syncId: 'x', failures: [failed('/ats/jobs', 'EndpointDisabled')] };
    // Nothing waits for it.
    expect(await run(recordFailures, disabled)).toEqual({ retryAt: null });
    const meanwhile = await delta(id, ['ats_jobs']);
    expect(meanwhile).toMatchObject({ passes: [], skipped: [{ endpoint: '/ats/jobs', status: 'skipped' }] });
    expect(meanwhile).not.toHaveProperty('retryAt');
    expect((await delta(id, [])).passes).toEqual([]);
    await store.pool.query(
      `update kombo_sync.endpoint_states set disabled_at = disabled_at - interval '1 day', due_at = due_at - interval '1 day'
       where integration_id = $1`,
      [id],
    );
    expect((await delta(id, [])).passes).toEqual([{ endpoint: '/ats/jobs', kind: 'delta' }]);
    await run(syncEndpoint, pass(id));
    expect((await delta(id, [])).passes).toEqual([]);
  });

  test('one that is gone is removed, with its schedules', async () => {
    const id = await wholeIntegration();
    await run(recordFailures, {
      integrationId: id,
      syncId: 'x',
      failures: [{ ...failed('/ats/jobs', 'IntegrationGone'), code: 'PLATFORM.INTEGRATION_NOT_FOUND' }],
    });
    expect(await findIntegration(store, id)).toMatchObject({ status: 'removed' });
    expect(bench.unscheduled).toContain(id);
  });
});
