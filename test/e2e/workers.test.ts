import { pino } from 'pino';
import { expect, inject, test } from 'vitest';
import { setup } from '../../src/operations/setup.ts';
import { fullSyncWorkflowId } from '../../src/domain/names.ts';
import { startFullSync } from '../../src/temporal/start.ts';
import { startCli, type RunningCli } from '../cli/spawn.ts';
import { eventually } from '../support/poll.ts';
import { createSystem } from './setup.ts';

const system = await createSystem();
const { control, temporal, config, store } = system;
await setup({ config, store, temporal, log: pino({ level: 'silent' }) });

/** The real command in a process of its own. */
async function startWorkerProcess(): Promise<RunningCli> {
  const child = startCli(['worker'], { ...system.environment, TEMPORAL_ADDRESS: inject('temporalAddress') });
  await child.printed(config.TASK_QUEUE);
  return child;
}

/** Pages that were asked for, by their cursor; `first` for the one without. */
function pagesAsked(integrationId: string): string[] {
  return control
    .requests({ integrationId, path: '/lms/users' })
    .map((request) => request.query['cursor'] ?? 'first');
}

test(
  '(I9) (I19) a worker that is killed loses the page in flight and nothing else',
  { timeout: 90_000 },
  async () => {
    const id = system.integration({ records: { lms_users: 900 } });
    control.addFault({ kind: 'stall', integration: id, endpoint: '/lms/users', nth: 3 });
    const victim = await startWorkerProcess();
    const { handle } = await startFullSync(temporal.client, config, {
      integrationId: id,
      models: ['lms_users'],
      trigger: 'initial',
    });
    await eventually(async () => {
      const { rows } = await store.pool.query(
        'select pages from kombo_sync.passes where integration_id = $1',
        [id],
      );
      return pagesAsked(id).length === 3 && (rows[0] as { pages: number } | undefined)?.pages === 2;
    });
    victim.kill('SIGKILL');
    await victim.finished;
    const asked = pagesAsked(id);
    const heir = await system.worker();
    const result = await handle.result();
    expect(result).toMatchObject({
      status: 'completed',
      endpoints: { '/lms/users': { counts: { pages: 4, records: 900, created: 900, unchanged: 0 } } },
    });
    // Only the page that was in flight is asked for again.
    expect(pagesAsked(id).slice(3)[0]).toBe(asked[2]);
    expect(new Set(pagesAsked(id)).size).toBe(4);
    expect(pagesAsked(id)).toHaveLength(5);
    await heir.stop();
  },
);

test('(I19) SIGTERM lets the page in flight commit and gives the rest to another worker', async () => {
  const id = system.integration({ records: { lms_users: 900 } });
  control.addFault({ kind: 'delay', ms: 1_500, integration: id, endpoint: '/lms/users', nth: 2, count: 2 });
  const leaving = await startWorkerProcess();
  const { handle } = await startFullSync(temporal.client, config, {
    integrationId: id,
    models: ['lms_users'],
    trigger: 'initial',
  });
  await eventually(() => pagesAsked(id).length === 2);
  const startedAt = performance.now();
  leaving.kill('SIGTERM');
  const staying = await system.worker();
  expect(await leaving.finished).toMatchObject({ code: 0 });
  expect(performance.now() - startedAt).toBeLessThan(35_000);
  const result = await handle.result();
  expect(result).toMatchObject({
    endpoints: { '/lms/users': { counts: { pages: 4, created: 900, unchanged: 0 } } },
  });
  // A page that was only being fetched ahead may be asked for again.
  expect(new Set(pagesAsked(id)).size).toBe(4);
  expect(pagesAsked(id).length).toBeLessThanOrEqual(5);
  // No attempt failed: the chunk was given back, not broken off.
  const { events } = await temporal.client.workflow.getHandle(fullSyncWorkflowId(id)).fetchHistory();
  const attempts = (events ?? []).flatMap((event) => event.activityTaskStartedEventAttributes?.attempt ?? []);
  expect(new Set(attempts)).toEqual(new Set([1]));
  await staying.stop();
});

test('(I19) a worker continues after its connections to Postgres break', { timeout: 90_000 }, async () => {
  const id = system.integration({ records: { lms_users: 20_000 } });
  const worker = await startWorkerProcess();
  const { handle } = await startFullSync(temporal.client, config, {
    integrationId: id,
    models: ['lms_users'],
    trigger: 'initial',
  });
  const others = `from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;
  const breakThem = async () => {
    const { rowCount } = await store.pool.query(
      `select pg_terminate_backend(pid) ${others} and exists (
         select ${others} and state = 'active' and query like '%with page as%')`,
    );
    return Boolean(rowCount);
  };
  // Each time at another moment of a page.
  for (let times = 0; times < 3; times += 1) await eventually(breakThem, { everyMs: 5 });
  const result = await Promise.race([handle.result(), worker.finished]);
  expect(result).toMatchObject({
    status: 'completed',
    endpoints: { '/lms/users': { counts: { records: 20_000, created: 20_000, unchanged: 0 } } },
  });
  worker.kill('SIGTERM');
  expect(await worker.finished).toMatchObject({ code: 0 });
});
