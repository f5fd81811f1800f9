import { pino } from 'pino';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { startWorker } from '../../src/worker/run.ts';
import { createSystem, each } from './setup.ts';

const system = await createSystem({ WORKER_SLOTS: 'auto', DATABASE_POOL: '6', PASSES_PER_SYNC: '1' });
const { control } = system;

test('a worker does not start with fewer connections than its slots need', async () => {
  const config = loadConfig({ ...system.environment, WORKER_SLOTS: '100' });
  const starting = startWorker({ config, store: system.store, log: pino({ level: 'silent' }) });
  await expect(starting).rejects.toThrow(/DATABASE_POOL is 6, which is too few connections for 100 slots/);
});

test('with slots by what the machine has, everything is read, and of the open passes PASSES_PER_SYNC ask Kombo at once', async () => {
  await system.worker();
  await system.server();
  const id = system.integration();
  let most = 0;
  const store = system.store;
  control.addFault({ kind: 'delay', ms: 150, integration: id, count: 'always' });
  // Two more are open, so that no place is idle.
  const look = async () => {
    const { rows } = await store.pool.query<{ running: number }>(
      `select count(*)::int as running from kombo_sync.passes where integration_id = $1 and state = 'running'`,
      [id],
    );
    most = Math.max(most, rows[0]!.running);
  };
  const watch = setInterval(() => void look(), 20);
  await system.firstSync(id);
  clearInterval(watch);
  expect(await system.fullPasses(id)).toEqual(each(1));
  expect(most).toBeLessThanOrEqual(3);
});
