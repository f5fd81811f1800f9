import { describe, expect, test } from 'vitest';
import { want } from '../../src/domain/wanted.ts';
import { openStore } from '../../src/store/database.ts';
import { readDebts } from '../../src/store/state/debts.ts';
import { findIntegration } from '../../src/store/state/integrations.ts';
import { pause, resume } from '../../src/store/state/life.ts';
import { oldestWatermarks } from '../../src/store/reports/freshness.ts';
import { listOverview } from '../../src/store/reports/overview.ts';
import { insertDebt } from '../support/debts.ts';
import {
  createWorkbench,
  every,
  failure,
  inSync,
  pass,
  readsOf,
  run,
  start,
  wholeIntegration,
} from './setup.ts';

const bench = await createWorkbench();
const { control, store } = bench;
const { startSync, syncEndpoint } = bench.activities();

const named = (id: string, ...models: string[]) => run(startSync, start(id, { by: 'webhook', models }));
const looks = (id: string) => control.requests({ path: `/integrations/${encodeURIComponent(id)}` }).length;

describe('startSync', () => {
  test('an integration that only Kombo knows is looked up, stored, scheduled and read in full', async () => {
    const id = await bench.integration({ organizationName: 'Acme' }, false);
    const started = await named(id, 'ats_jobs');
    expect(started).toMatchObject({ tool: 'bombohr', category: 'ATS', unknownModels: [] });
    expect(started.passes.map(({ kind, endpoint }) => `${kind} ${endpoint}`).sort()).toEqual(every('full'));
    expect(started.passes[0]).toMatchObject({ because: 'never-read' });
    const kept = await findIntegration(store, id);
    expect(kept).toMatchObject({ organizationName: 'Acme', status: 'active' });
    expect(started.activeSince).toBe(kept!.statusSince.toISOString());
    expect(bench.settled).toContain(id);
  });

  test('an integration that Kombo does not know is removed', async () => {
    const id = await bench.integration();
    control.removeIntegration(id);
    const started = await run(startSync, start(id, { lookUp: true }));
    expect(started).toMatchObject({ passes: [], outcomes: [], blocked: { code: 'IntegrationGone' } });
    expect(await findIntegration(store, id)).toMatchObject({ status: 'removed' });
    expect(bench.settled).toContain(id);
    expect((await named(id, 'ats_jobs')).blocked?.code).toBe('IntegrationGone');
  });

  test('(I13) an integration of an unknown category is kept, and the sync says why nothing is read', async () => {
    const id = await bench.integration({ category: 'PAYROLL' }, false);
    expect(await named(id, 'payroll_runs')).toMatchObject({
      category: 'PAYROLL',
      passes: [],
      unknownModels: ['payroll_runs'],
      blocked: { code: 'CategoryUnknown', message: expect.stringContaining('PAYROLL') as string },
    });
    expect(await findIntegration(store, id)).toMatchObject({ category: 'PAYROLL', status: 'active' });
    const { entries } = await listOverview(store, { id });
    expect(entries).toMatchObject([{ id, freshAsOf: null, failedEndpoints: [] }]);
    expect([...(await oldestWatermarks(store)).keys()]).not.toContain('PAYROLL');
  });

  test('only the endpoints of the named models are read; names without an endpoint are reported', async () => {
    const id = await wholeIntegration(bench);
    const started = await named(id, 'ats_jobs', 'ats_new_thing');
    expect(readsOf(started)).toEqual(['delta /ats/jobs']);
    expect(started).toMatchObject({ passes: [], unknownModels: ['ats_new_thing'], retryInMs: null });
    const all = await run(startSync, start(id, { by: 'catch-up', models: undefined }));
    expect(readsOf(all)).toEqual(every('delta'));
  });

  test('a catch-up leaves endpoints that were never read to a first full sync that runs', async () => {
    const id = await bench.integration({ records: { ats_jobs: 600 } });
    const reading = pass(id, { kind: 'full', trigger: 'initial' });
    expect(await run(bench.activities({ chunkMs: 0 }).syncEndpoint, reading)).toMatchObject({
      state: 'more',
    });
    const catchUp = () => run(startSync, start(id, { by: 'catch-up', models: undefined }));
    // Changes of an endpoint that is being listed are read since the start of that listing.
    expect(readsOf(await catchUp())).toEqual([]);
    expect(readsOf(await named(id, 'ats_offers'))).toEqual(['full /ats/applications', 'full /ats/offers']);
    await store.pool.query(
      `update kombo_sync.passes set active_at = now() - interval '11 minutes' where integration_id = $1`,
      [id],
    );
    expect(readsOf(await catchUp()).length).toBeGreaterThan(5);
  });

  test('(I6) a paused integration keeps what was asked for until it is resumed', async () => {
    const id = await wholeIntegration(bench);
    await pause(store, id, 'audit');
    expect((await named(id, 'ats_jobs')).blocked).toMatchObject({ code: 'Paused' });
    await resume(store, id);
    expect(readsOf(await run(startSync, start(id)))).toEqual(['delta /ats/jobs']);
  });

  test('(I6) what a webhook names is owed from before the first try until a pass has read it', async () => {
    const id = await wholeIntegration(bench);
    control.addFault({ kind: 'delay', ms: 3_000, integration: id, endpoint: '/ats/jobs' });
    const started = await named(id, 'ats_jobs');
    expect(started).toMatchObject({ outcomes: [], passes: [{ kind: 'delta', endpoint: '/ats/jobs' }] });
    expect(await bench.debts(id)).toMatchObject({ delta: { failure: null, dueAt: null } });
    await run(syncEndpoint, pass(id));
    expect(await bench.debts(id)).toEqual({});
  });

  test('(I6) a read that was asked for while a page was read stays owed', async () => {
    const id = await wholeIntegration(bench);
    control.update(id, 'ats_jobs', control.ids(id, 'ats_jobs'));
    const input = pass(id);
    control.addFault({ kind: 'empty-page', integration: id });
    expect(await run(bench.activities({ chunkMs: 0 }).syncEndpoint, input)).toMatchObject({ state: 'more' });
    await insertDebt(store, id, { endpoint: '/ats/jobs', kind: 'delta' });
    expect(bench.timesWoken(id)).toBe(0);
    expect(await run(syncEndpoint, input)).toMatchObject({ state: 'completed', owes: true });
    // There may be no other sync to read it.
    expect(bench.timesWoken(id)).toBe(1);
    expect(readsOf(await run(startSync, start(id)))).toEqual(['delta /ats/jobs']);
    expect(readsOf(await run(startSync, start(id)))).toEqual([]);
  });

  test('a second attempt of a start returns what its first attempt has read', async () => {
    const id = await wholeIntegration(bench);
    const input = start(id, { by: 'webhook', models: ['ats_jobs'] });
    const first = await run(startSync, input);
    expect(readsOf(first)).toEqual(['delta /ats/jobs']);
    expect(readsOf(await run(startSync, input))).toEqual(['delta /ats/jobs']);
    expect(bench.queries(id)).toHaveLength(1);
  });

  test('a read that the run does already is left to it', async () => {
    const id = await wholeIntegration(bench);
    const busy = ['delta /ats/jobs'];
    const started = await run(startSync, start(id, { by: 'webhook', models: ['ats_jobs'], busy }));
    expect(readsOf(started)).toEqual([]);
    expect(started.left).toEqual(busy);
    expect(await bench.debts(id)).toMatchObject({ delta: { failure: null } });
  });

  test('a full sync reads only what it names, in full', async () => {
    const id = await wholeIntegration(bench);
    const full = start(id, { kind: 'full', by: 'full-sync', models: ['ats_jobs', 'ats_nonsense'] });
    expect(await run(startSync, full)).toMatchObject({
      passes: [{ kind: 'full', endpoint: '/ats/jobs', because: 'full-sync' }],
      unknownModels: ['ats_nonsense'],
    });
    const whole = start(id, { kind: 'full', by: 'full-sync', models: undefined });
    expect(readsOf(await run(startSync, whole))).toEqual(every('full'));
  });
});

describe('(I25) a start does not wait for what it does not need', () => {
  test('endpoints are read even if the look-up is not answered', async () => {
    const id = await wholeIntegration(bench);
    const at = `/integrations/${encodeURIComponent(id)}`;
    control.addFault({ kind: 'stall', endpoint: at, count: 'always' });
    const started = await run(startSync, start(id, { by: 'webhook', models: ['ats_jobs'], lookUp: true }));
    expect(readsOf(started)).toContain('delta /ats/jobs');
    expect(started.passes).toEqual([{ kind: 'look-up', endpoint: '/integrations/{id}', because: 'retry' }]);
    expect(await bench.debts(id)).toEqual({});
  });

  test('a look-up that fails is owed, and tried again after its pause', async () => {
    const id = await wholeIntegration(bench);
    const at = `/integrations/${encodeURIComponent(id)}`;
    control.addFault({ kind: 'status', status: 403, endpoint: at, count: 1 });
    const started = await run(startSync, start(id, { lookUp: true }));
    expect(started.passes).toEqual([]);
    expect(started).not.toHaveProperty('blocked');
    expect(started.retryInMs).toBeGreaterThan(0);
    expect((await readDebts(store, id)).get('/integrations/{id}')).toMatchObject({
      'look-up': { failure: { failures: 1 } },
    });
    expect(looks(id)).toBe(1);
    await run(startSync, start(id));
    expect(looks(id)).toBe(1);
    await bench.wait(id, 60_000);
    await run(startSync, start(id));
    expect(looks(id)).toBe(2);
    expect((await readDebts(store, id)).size).toBe(0);
  });

  test('an endpoint that does not answer is left to its own read, and the others are read', async () => {
    const id = await wholeIntegration(bench);
    control.addFault({ kind: 'stall', integration: id, endpoint: '/ats/jobs', count: 'always' });
    const started = await run(startSync, start(id, { by: 'operator', models: undefined }));
    expect(started.passes).toMatchObject([{ endpoint: '/ats/jobs', kind: 'delta' }]);
    expect(readsOf(started)).toEqual(every('delta'));
  });

  test('an endpoint that Kombo refuses is recorded, and the others are read', async () => {
    const id = await wholeIntegration(bench);
    const code = 'PLATFORM.INPUT_INVALID';
    control.addFault({ kind: 'error', code, integration: id, endpoint: '/ats/jobs' });
    const started = await run(startSync, start(id, { by: 'operator', models: undefined }), inSync(id));
    expect(started.outcomes.filter(({ status }) => status === 'failed')).toMatchObject([
      { endpoint: '/ats/jobs', reason: { code } },
    ]);
    expect([...started.outcomes, ...started.quiet!]).toHaveLength(every('delta').length);
    expect(started.retryInMs).toBeGreaterThan(0);
    expect(await bench.debts(id)).toMatchObject({ delta: { failure: { errorClass: 'RequestRejected' } } });
  });

  test('a delta is read even if the full pass fails', async () => {
    const id = await wholeIntegration(bench);
    await insertDebt(store, id, {
      endpoint: '/ats/jobs',
      kind: 'full',
      dueAt: new Date(Date.now() + 3_600_000),
      failure: {},
    });
    expect(readsOf(await named(id, 'ats_jobs'))).toEqual(['delta /ats/jobs']);
    expect(await bench.debts(id)).toMatchObject({ full: { failure: { failures: 1 } } });
  });

  test('an unreachable Kombo stops only an integration that needs a look-up', async () => {
    const known = await wholeIntegration(bench);
    control.addFault({ kind: 'unavailable', count: 'always', integration: known });
    expect(readsOf(await named(known, 'ats_jobs'))).toEqual(['delta /ats/jobs']);
    const id = await bench.integration({}, false);
    control.addFault({
      kind: 'unavailable',
      count: 'always',
      endpoint: `/integrations/${encodeURIComponent(id)}`,
    });
    expect(await named(id, 'ats_jobs')).toMatchObject({ unanswered: true, passes: [] });
  });
});

describe('Postgres', () => {
  test('is waited for while it is away', async () => {
    const away = openStore('postgres://nobody@127.0.0.1:1/nothing');
    const error = await failure(bench.activities({ store: away }).startSync, start('bombohr:any'));
    expect(error).toMatchObject({
      nonRetryable: false,
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
    await away.close();
  });

  test('(I6) is waited for while a table is missing', async () => {
    const id = await wholeIntegration(bench);
    const { keepForLater } = bench.activities();
    const asked = start(id, { by: 'webhook', models: ['ats_jobs'] });
    const keep = {
      integrationId: id,
      syncId: 'x',
      wanted: [want(undefined, { models: ['ats_jobs'] }, 0)],
      syncIds: [],
      activeSince: new Date().toISOString(),
    };
    await store.pool.query('alter table kombo_sync.debts rename to moved_away');
    const errors = [await failure(startSync, asked), await failure(keepForLater, keep)];
    await store.pool.query('alter table kombo_sync.moved_away rename to debts');
    for (const error of errors) {
      expect(error).toMatchObject({
        nonRetryable: false,
        message: expect.stringContaining('42P01') as string,
      });
    }
    await run(keepForLater, keep);
    expect(readsOf(await run(startSync, start(id)))).toEqual(['delta /ats/jobs']);
  });
});
