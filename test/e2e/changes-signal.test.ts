import { Client } from '@temporalio/client';
import { pino } from 'pino';
import { beforeEach, expect, inject, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { checkChangesSignal } from '../../src/doctor/changes-signal.ts';
import { checkTemporal } from '../../src/doctor/temporal.ts';
import { createSnapshotReader } from '../../src/http/monitoring/snapshot.ts';
import { signalChanges } from '../../src/operations/signal-changes.ts';
import { eraseSome } from '../../src/store/records/erase.ts';
import { createWorkerMetrics } from '../../src/worker/metrics.ts';
import { startCli, startScript } from '../cli/spawn.ts';
import { ask, PLAIN, write } from '../store/support.ts';
import { feedOf, forgetOwed, signalsTo } from '../support/changes-signals.ts';
import { eventually } from '../support/poll.ts';
import { uniqueTaskQueue } from '../support/temporal.ts';
import { createSystem } from './setup.ts';

const queue = uniqueTaskQueue();
const system = await createSystem({ CHANGES_SIGNAL: `onChanges@${queue}` });
const { store, config, temporal } = system;
const { client } = temporal;
const log = pino({ level: 'silent' });
const { meter, registry } = createWorkerMetrics({ perIntegration: false });
const INTEGRATION = 'bombohr:signalled';

const round = (more: Partial<Parameters<typeof signalChanges>[0]> = {}) =>
  signalChanges({
    store,
    client,
    config,
    log,
    meter,
    everyMs: 0,
    signal: new AbortController().signal,
    ...more,
  });

const change = async (endpoint: string, name: string, integration = INTEGRATION) =>
  write(store, integration, endpoint, [{ id: 'a-record', name, title: name }], await ask(store), PLAIN);

const signalsOf = (workflowId: string) => signalsTo(client, workflowId);
const headOf = async (table?: string) => (await feedOf(store, table)).last;

beforeEach(() => forgetOwed(store));

test(
  'each table that a sync changes has its workflow signalled, without a worker, too; the example handles each change once',
  { timeout: 120_000 },
  async () => {
    await system.server();
    const worker = await system.worker();
    const id = system.integration();
    await system.firstSync(id);
    const workflowId = 'changes/lms_users';
    await eventually(async () => (await signalsOf(workflowId)).length > 0, { timeoutMs: 20_000 });
    const described = await client.workflow.getHandle(workflowId).describe();
    expect(described).toMatchObject({ type: 'onChanges', taskQueue: queue, status: { name: 'RUNNING' } });
    await eventually(async () => (await signalsOf(workflowId)).at(-1)!.upTo === (await headOf('lms_users')));
    const [first] = await signalsOf(workflowId);
    expect(first).toMatchObject({ table: 'lms_users', integrationId: null });
    expect(first!.after).toBeLessThan((await feedOf(store, 'lms_users')).first);
    const history = JSON.stringify(await client.workflow.getHandle(workflowId).fetchHistory());
    expect(history).not.toContain(id);

    const yours = async () =>
      (await checkTemporal(config, 10_000)).checks.find(({ name }) => name === 'Your workers');
    expect(await yours()).toMatchObject({ status: 'warn' });
    expect((await yours())!.remedy).toContain('Start the one that has the workflow onChanges.');
    const own = startScript('examples/changes-worker.ts', [], {
      DATABASE_URL: store.url,
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      CHANGES_QUEUE: queue,
      NODE_OPTIONS: '--conditions=kombo-sync-source',
    });
    const handled = async () => {
      const { rows } = await store.pool.query<{ left: number }>(
        `select count(*)::int as left from kombo_sync.changes c
         where not exists (select from app.change_log l where l.seq = c.seq)`,
      );
      return rows[0]!.left === 0;
    };
    await eventually(() => handled().catch(() => false), { timeoutMs: 60_000 });
    expect((await client.workflow.getHandle(workflowId).result()) ?? 'ended').toBe('ended');
    system.control.update(id, 'lms_users', system.control.ids(id, 'lms_users')[0]!, { remote_id: 'v1' });
    await system.control.flushWebhook(id);
    await eventually(handled, { timeoutMs: 60_000 });
    expect(await yours()).toMatchObject({ status: 'ok', message: `1 on task queue ${queue}` });
    own.kill('SIGTERM');
    expect(await own.finished).toMatchObject({ code: 0 });
    await worker.stop();
  },
);

test('several changes are one signal with their range joined, and what is signalled is not signalled again', async () => {
  const before = await headOf();
  await change('/lms/skills', 'one');
  await change('/lms/skills', 'two');
  await change('/lms/courses', 'one');
  await change('/lms/skills', 'three');
  expect(await round()).toBeNull();
  const [skills, courses] = await Promise.all(['changes/lms_skills', 'changes/lms_courses'].map(signalsOf));
  expect(skills!.at(-1)).toEqual({
    table: 'lms_skills',
    integrationId: null,
    after: expect.any(Number) as number,
    upTo: await headOf('lms_skills'),
  });
  expect(skills!.at(-1)!.after).toBeLessThanOrEqual(before);
  await round();
  expect(await signalsOf('changes/lms_skills')).toHaveLength(skills!.length);
  await change('/lms/skills', 'four');
  await round();
  expect((await signalsOf('changes/lms_skills')).at(-1)).toMatchObject({
    after: skills!.at(-1)!.upTo,
    upTo: await headOf('lms_skills'),
  });
  expect(await signalsOf('changes/lms_courses')).toHaveLength(courses!.length);
});

test('signals to one workflow are some time apart, and what comes between them is the next one', async () => {
  await change('/lms/skills', 'apart 1');
  expect(await round({ everyMs: 60_000 })).toBeNull();
  const first = await signalsOf('changes/lms_skills');
  await change('/lms/skills', 'apart 2');
  expect(await round({ everyMs: 60_000 })).toBeGreaterThan(50_000);
  expect(await signalsOf('changes/lms_skills')).toHaveLength(first.length);
  await store.pool.query('update kombo_sync.changes_signals set next_at = now()');
  await round();
  expect((await signalsOf('changes/lms_skills')).at(-1)).toMatchObject({ after: first.at(-1)!.upTo });
});

test(
  '(I28) a worker that is killed between a commit and its signal loses none: another worker sends it',
  { timeout: 120_000 },
  async () => {
    const env = { ...system.environment, TEMPORAL_ADDRESS: inject('temporalAddress') };
    await system.server();
    const id = system.integration({ records: { lms_course_progressions: 3 } });
    const looking = await store.pool.connect();
    onTestFinished(() => looking.release(true));
    // A worker that looks at the feed meanwhile finds that another one does.
    await looking.query(`begin; set local idle_in_transaction_session_timeout = 0;
       select from kombo_sync.changes_signals_found for update`);
    const victim = startCli(['worker'], env);
    await victim.printed(config.TASK_QUEUE);
    await system.firstSync(id);
    const head = await headOf('lms_course_progressions');
    expect(head).toBeGreaterThan(0);
    victim.kill('SIGKILL');
    await victim.finished;
    await looking.query('rollback');
    await expect(signalsOf('changes/lms_course_progressions')).rejects.toThrow('not found');
    const heir = await system.worker();
    await eventually(async () => (await signalsOf('changes/lms_course_progressions')).at(-1)?.upTo === head, {
      timeoutMs: 20_000,
    });
    await heir.stop();
  },
);

test(
  '(I28) if a worker is killed after Temporal has accepted a signal, another worker repeats it',
  { timeout: 120_000 },
  async () => {
    const env = { ...system.environment, TEMPORAL_ADDRESS: inject('temporalAddress') };
    await change('/hris/groups', 'accepted');
    const holding = await store.pool.connect();
    onTestFinished(() => holding.release(true));
    await holding.query('select pg_advisory_lock(4711)');
    await store.pool.query(`
      create function wait_for_test() returns trigger language plpgsql as
        $$ begin perform pg_advisory_xact_lock(4711); return new; end $$;
      create trigger wait_for_test before update on kombo_sync.changes_signals
        for each row when (new.seq > old.seq) execute function wait_for_test()`);
    const victim = startCli(['worker'], env);
    await eventually(async () => (await signalsOf('changes/hris_groups').catch(() => [])).length > 0, {
      timeoutMs: 40_000,
    });
    victim.kill('SIGKILL');
    await victim.finished;
    // Its session ends before it has noted that the signal was accepted.
    await store.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and wait_event = 'advisory'`,
    );
    await holding.query('select pg_advisory_unlock(4711)');
    await store.pool.query('drop function wait_for_test cascade');
    expect(await round()).toBeGreaterThan(10_000);
    expect(await signalsOf('changes/hris_groups')).toHaveLength(1);
    // What it had taken is free again in half a minute.
    await store.pool.query(
      `update kombo_sync.changes_signals set next_at = now() where table_name = 'hris_groups'`,
    );
    await round();
    const [first, second] = await signalsOf('changes/hris_groups');
    expect(second).toEqual(first);
  },
);

test('a signal that Temporal does not accept stays owed, is tried again later, and shows until it is accepted', async () => {
  const nowhere = new Client({ connection: temporal.connection, namespace: 'nowhere' });
  await change('/lms/skills', 'owed 0');
  await round();
  const since = await signalsOf('changes/lms_skills');
  await change('/lms/skills', 'owed 1');
  expect(await checkChangesSignal(store, config)).toMatchObject({ status: 'ok' });
  const lines: string[] = [];
  const listening = pino({ level: 'warn' }, { write: (line) => void lines.push(line) });
  const pause = await round({ client: nowhere, log: listening });
  expect(pause).toBeGreaterThan(1_000);
  await store.pool.query(`update kombo_sync.changes_signals set next_at = now() where up_to > seq`);
  expect(await round({ client: nowhere, log: listening })).toBeGreaterThan(pause! * 1.5);
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { msg: 'changes signal not accepted', table: 'lms_skills', attempt: 1 },
    { attempt: 2 },
  ]);
  expect(await registry.metrics()).toContain('kombo_sync_changes_signals_total{outcome="failed"} 2');

  await store.pool.query(
    `update kombo_sync.changes_signals set since = now() - interval '10 minutes' where up_to > seq`,
  );
  const snapshot = await createSnapshotReader({ config, store })();
  expect(snapshot!.signalLagSeconds).toBeGreaterThan(590);
  const off = loadConfig({ ...system.environment, CHANGES_SIGNAL: '' });
  expect((await createSnapshotReader({ config: off, store })())!.signalLagSeconds).toBe(0);
  const check = await checkChangesSignal(store, config);
  expect(check.message).toMatch(
    /^changes wait for 10 min to be signalled to 1 workflow, after 2 tries: .*nowhere/,
  );
  expect(check).toMatchObject({ status: 'warn' });

  await change('/lms/skills', 'owed 2');
  await store.pool.query(`update kombo_sync.changes_signals set next_at = now() where up_to > seq`);
  expect(await round()).toBeNull();
  expect((await signalsOf('changes/lms_skills')).slice(since.length)).toEqual([
    expect.objectContaining({ after: since.at(-1)!.upTo, upTo: await headOf('lms_skills') }),
  ]);
  expect(await checkChangesSignal(store, config)).toMatchObject({ status: 'ok' });
  expect(await checkChangesSignal(store, off)).toMatchObject({ message: 'off (CHANGES_SIGNAL is not set)' });
});

test('while no worker sends signals, the doctor says so', async () => {
  await change('/lms/skills', 'alone');
  await store.pool.query(
    `update kombo_sync.changes set at = now() - interval '1 hour' where seq = (select max(seq) from kombo_sync.changes)`,
  );
  expect(await checkChangesSignal(store, config)).toMatchObject({
    status: 'warn',
    message: 'changes wait for 60 min to be signalled, and no worker has tried it',
    remedy: 'Start one with the same CHANGES_SIGNAL: kombo-sync worker',
  });
});

test('with CHANGES_SIGNAL_SCOPE=integration each integration has its workflow, and erasing it leaves nothing', async () => {
  const each = { ...config, CHANGES_SIGNAL_SCOPE: 'integration' as const };
  await change('/lms/users', 'x', 'bombohr:first');
  await change('/lms/users', 'x', 'bombohr:second');
  await round({ config: each });
  for (const integrationId of ['bombohr:first', 'bombohr:second']) {
    expect(await signalsOf(`changes/lms_users/${integrationId}`)).toMatchObject([
      { table: 'lms_users', integrationId },
    ]);
  }
  await store.pool.query(
    `insert into kombo_sync.integrations (id, tool, category, status) values ('bombohr:first', 'bombohr', 'LMS', 'removed')`,
  );
  while ((await eraseSome(store, 'bombohr:first')) > 0);
  const { rows } = await store.pool.query(
    `select integration_id from kombo_sync.changes_signals where integration_id <> ''`,
  );
  expect(rows).toEqual([{ integration_id: 'bombohr:second' }]);
});
