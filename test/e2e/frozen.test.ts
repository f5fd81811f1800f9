import { pino } from 'pino';
import { expect, inject, test } from 'vitest';
import { setup } from '../../src/operations/setup.ts';
import { latestPosition, readChanges } from '../../src/store/feed.ts';
import { transaction } from '../../src/store/database.ts';
import { startCli, type RunningCli } from '../cli/spawn.ts';
import { waitsForLock } from '../support/database.ts';
import { eventually } from '../support/poll.ts';
import { createSystem } from './setup.ts';

/*
 * Processes that freeze at the worst moment (invariant I26). Their peers get no notice: Temporal misses a heartbeat,
 * and Postgres ends their transactions by itself.
 */
const system = await createSystem();
const { control, temporal, config, store } = system;
await setup({ config, store, temporal, log: pino({ level: 'silent' }) });
await system.server();

async function startWorkerProcess(): Promise<RunningCli> {
  const child = startCli(['worker'], { ...system.environment, TEMPORAL_ADDRESS: inject('temporalAddress') });
  await child.printed(config.TASK_QUEUE);
  return child;
}

const BOUND_MS = 35_000;

test(
  '(I26) a worker that freezes in the middle of a page holds up the feed for 35 seconds at most, and its endpoint for a bounded time',
  { timeout: 150_000 },
  async () => {
    const id = system.integration();
    const other = system.integration();
    const victim = await startWorkerProcess();
    await system.firstSync(id);
    await system.firstSync(other);
    const [user] = control.ids(id, 'lms_users');
    control.update(id, 'lms_users', user!, { remote_id: 'on the frozen page' });
    // A page waits for this lock after it has announced its writes to the feed.
    await transaction(store.pool, async (client) => {
      await client.query('select from kombo.lms_users where integration_id = $1 and id = $2 for update', [
        id,
        user,
      ]);
      await system.tell(id, ['lms_users']);
      await waitsForLock(store);
      victim.kill('SIGSTOP');
    });
    const frozenAt = performance.now();
    const heir = await system.worker();
    const position = await latestPosition(store);
    const [course] = control.ids(other, 'lms_courses');
    control.update(other, 'lms_courses', course!, { remote_id: 'beside it' });
    await system.tell(other, ['lms_courses']);
    // Temporal does not know yet that nothing listens there, and gives tasks to the frozen process for up to a minute.
    await system.arrives(other, 'lms_courses', course!, 'beside it', 60_000);
    // The feed returns its change once no earlier number can still come.
    const isTold = async () => {
      const { changes } = await readChanges(store, { after: position, limit: 100 });
      return changes.some((change) => change.id === course);
    };
    await eventually(isTold, { timeoutMs: Math.max(0, BOUND_MS - (performance.now() - frozenAt)) });
    expect(await system.arrives(id, 'lms_users', user!, 'on the frozen page', 60_000)).toBe(true);
    victim.kill('SIGKILL');
    await victim.finished;
    await heir.stop();
  },
);

test(
  '(I26) a worker that is killed while it starts a sync, or while it records what a cancelled one has not read, costs 35 seconds at most',
  { timeout: 120_000 },
  async () => {
    const id = system.integration();
    const first = await startWorkerProcess();
    await system.firstSync(id);
    const [user] = control.ids(id, 'lms_users');
    control.update(id, 'lms_users', user!, { remote_id: 'after the kill' });
    control.addFault({ kind: 'stall', integration: id, endpoint: '/lms/users' });
    await system.tell(id, ['lms_users']);
    await eventually(() => control.requests({ integrationId: id, path: '/lms/users' }).length > 1);
    first.kill('SIGKILL');
    await first.finished;
    const killedAt = performance.now();
    const heir = await system.worker();
    await system.arrives(id, 'lms_users', user!, 'after the kill', BOUND_MS);
    expect(performance.now() - killedAt).toBeLessThan(BOUND_MS);
    await heir.stop();
  },
);
