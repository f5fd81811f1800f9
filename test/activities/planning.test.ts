import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { enabledEndpoints } from '../../src/domain/catalogue/index.ts';
import { openStore } from '../../src/store/database.ts';
import { findIntegration } from '../../src/store/integrations.ts';
import { pause, resume } from '../../src/store/life.ts';
import { listOverview, oldestWatermarks } from '../../src/store/overview.ts';
import { createPlanner } from './planner.ts';
import { failed, failure, pass, run } from './setup.ts';

const { bench, planSync, recordFailures, syncEndpoint, wholeIntegration, delta } = await createPlanner();
const { control, store } = bench;

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

  test('is looked up again at once for a person who names it', async () => {
    const id = await wholeIntegration();
    const request = { integrationId: id, models: ['ats_jobs'], refresh: false };
    const now = () => run(planSync, { ...request, kind: 'delta', force: true, syncId: randomUUID() });
    const full = () => run(planSync, { ...request, kind: 'full', syncId: randomUUID() });
    for (const ask of [now, full]) {
      offer(id, false);
      await delta(id, [], true);
      expect((await ask()).passes).toEqual([]);
      offer(id, true);
      expect((await ask()).passes).toMatchObject([{ endpoint: '/ats/jobs' }]);
    }
  });

  test('no timer waits for it, nor for what is not read any more, though reading it has failed before', async () => {
    const id = await wholeIntegration();
    const extra = '/ats/application-stages';
    const failures = ['/ats/jobs', extra].map((endpoint) => failed('Unavailable', endpoint));
    await run(recordFailures, { integrationId: id, syncId: 'x', failures });
    offer(id, false);
    expect(await delta(id, [], true)).not.toHaveProperty('retryAt');
    offer(id, true);
    expect(await delta(id, [], true)).toHaveProperty('retryAt');
  });
});
