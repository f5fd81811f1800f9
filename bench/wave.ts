/**
 * A webhook beside a wave: full syncs of many integrations start at once on one worker, and meanwhile records of others
 * change. How long until a change is a row, from the signal on (the quiet time of a second is in it), how long the wave
 * takes, and what the worker holds in memory.
 *
 *   npm run bench:wave                             1,000 full syncs, 50 changes
 *   npm run bench:wave -- --syncs 300 --every 500  fewer, a change every half second
 *
 * Starts a Temporal server, Postgres and the sandbox of its own, and the worker as a process of its own.
 * TEST_TEMPORAL_ADDRESS names another server.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Client } from '@temporalio/client';
import { createSandbox, DEFAULT_API_KEY, type Sandbox } from '../sandbox/index.ts';
import { loadConfig, type Config } from '../src/config.ts';
import { openStore, type Store } from '../src/store/database.ts';
import { migrate } from '../src/store/migrate.ts';
import { connectTemporal } from '../src/temporal/connect.ts';
import { signalChanges, startFullSync } from '../src/temporal/start.ts';
import { startServers } from '../test/support/servers.ts';

const { values } = parseArgs({
  options: {
    syncs: { type: 'string', default: '1000' },
    changes: { type: 'string', default: '50' },
    every: { type: 'string', default: '1000' },
    category: { type: 'string', default: 'LMS' },
    records: { type: 'string', default: '20' },
  },
});
const SYNCS = Number(values.syncs);
const CHANGES = Number(values.changes);
const EVERY_MS = Number(values.every);
const CATEGORY = values.category as 'LMS' | 'ATS' | 'HRIS';
const TABLE = { LMS: 'lms_courses', ATS: 'ats_jobs', HRIS: 'hris_groups' }[CATEGORY];
const QUIET_MS = 1_000;
const GIVE_UP_MS = 240_000;
const STARTS_AT_ONCE = 100;

interface World {
  sandbox: Sandbox;
  config: Config;
  store: Store;
  client: Client;
}

async function main(): Promise<void> {
  const servers = await startServers();
  process.env['TEMPORAL_ADDRESS'] = servers.temporalAddress;
  const sandbox = createSandbox({ integrations: [] });
  const settings = {
    KOMBO_API_KEY: DEFAULT_API_KEY,
    KOMBO_API_URL: await sandbox.listen(),
    DATABASE_URL: servers.databaseUrl,
    DEBOUNCE_QUIET: `${QUIET_MS}ms`,
    CATCH_UP_INTERVAL: 'off',
    TASK_QUEUE: `wave-${Date.now()}`,
    LOG_LEVEL: 'warn',
  };
  const config = loadConfig(settings);
  const store = openStore(servers.databaseUrl);
  await migrate(store);
  const temporal = await connectTemporal();
  const worker = startWorkerProcess(settings);
  const { client } = temporal;
  try {
    await measure({ sandbox, config, store, client }, worker.pid!);
  } finally {
    worker.kill('SIGTERM');
    await temporal.close();
    await store.close();
    await sandbox.close();
    await servers.stop();
  }
}

function startWorkerProcess(settings: Record<string, string>) {
  const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
  return spawn(process.execPath, [main, 'worker'], {
    // As docker-compose.yml has it.
    env: { ...process.env, NODE_OPTIONS: '--max-old-space-size=1536 --max-semi-space-size=8', ...settings },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function measure(world: World, workerPid: number): Promise<void> {
  const { client, config, sandbox } = world;
  const add = (name: string, count: number) =>
    Array.from({ length: count }, (_, index) => {
      const id = `${name}:${index}`;
      sandbox.control.addIntegration({
        id,
        category: CATEGORY,
        scale: 0,
        records: { [TABLE]: Number(values.records) },
      });
      return id;
    });
  const quiet = add('quiet', CHANGES);
  const wave = add('wave', SYNCS);
  await each(quiet, 10, async (id) => {
    const { handle } = await startFullSync(client, config, {
      integrationId: id,
      tool: 'bench',
      category: CATEGORY,
    });
    await handle.result();
  });
  const alone = await change(world, quiet[0]!);
  const cpuBefore = cpuSeconds(workerPid);
  const beganAt = performance.now();
  const starting = each(wave, STARTS_AT_ONCE, async (id) => {
    await startFullSync(client, config, { integrationId: id, tool: 'bench', category: CATEGORY });
  }).then(() => performance.now() - beganAt);
  let isOver = false;
  const waits: Promise<number>[] = [];
  const changing = (async () => {
    for (const id of quiet) {
      if (isOver) return;
      waits.push(change(world, id));
      await delay(EVERY_MS);
    }
  })();
  const startMs = await starting;
  await untilDone(world, wave.length);
  const waveMs = performance.now() - beganAt;
  isOver = true;
  await changing;
  const times = (await Promise.all(waits)).sort((a, b) => a - b);
  const at = (share: number) => seconds(times[Math.ceil(share * times.length) - 1]!);
  print(`full syncs                     ${SYNCS} ${CATEGORY}, started in ${seconds(startMs)}`);
  print(
    `the wave took                  ${seconds(waveMs)} (${(SYNCS / (waveMs / 1000)).toFixed(1)} syncs/s)`,
  );
  print(`a change alone                 ${seconds(alone)}`);
  print(`a change beside the wave       p50 ${at(0.5)}, p99 ${at(0.99)} of ${times.length}`);
  print(`worker: CPU                    ${(cpuSeconds(workerPid) - cpuBefore).toFixed(1)} s`);
  print(`worker: most resident memory   ${mostResidentMb(workerPid)} MB`);
}

/** Changes a record, says so as a webhook would, and waits for the row. */
async function change({ sandbox, client, config, store }: World, id: string): Promise<number> {
  const [record] = sandbox.control.ids(id, TABLE);
  sandbox.control.update(id, TABLE, record!, { remote_id: 'changed' });
  const startedAt = performance.now();
  await signalChanges(client, config, {
    integrationId: id,
    models: [TABLE],
    trigger: 'webhook',
    tool: 'bench',
    category: CATEGORY,
  });
  const seen = `select from kombo.${TABLE} where integration_id = $1 and id = $2 and remote_id = 'changed'`;
  while ((await store.pool.query(seen, [id, record])).rowCount === 0) {
    if (performance.now() - startedAt > GIVE_UP_MS) return Infinity;
    await delay(25);
  }
  return performance.now() - startedAt;
}

/** Visibility lags behind, so Postgres says when the last one has read everything. */
async function untilDone({ store, client, config }: World, count: number): Promise<void> {
  for (;;) {
    const { rows } = await store.pool.query<{ done: string }>(
      `select count(distinct integration_id) done from kombo_sync.passes
       where integration_id like 'wave:%' and kind = 'full' and state = 'completed' and endpoint = $1`,
      [`/${TABLE.replace('_', '/')}`],
    );
    if (Number(rows[0]!.done) >= count) {
      const query = `TaskQueue STARTS_WITH '${config.TASK_QUEUE}' AND WorkflowType = 'fullSync' AND ExecutionStatus = 'Running'`;
      if ((await client.workflow.count(query)).count === 0) return;
    }
    await delay(250);
  }
}

async function each<T>(items: readonly T[], atOnce: number, act: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const work = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

function mostResidentMb(pid: number): number {
  const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kilobytes) / 1000);
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const seconds = (ms: number) => (ms === Infinity ? 'never' : `${(ms / 1000).toFixed(1)} s`);

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
