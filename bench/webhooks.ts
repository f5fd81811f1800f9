/**
 * What a storm of webhooks costs with different coalescing windows: the real app over real connections, against a real
 * Temporal dev server. No worker runs, because none is needed for a webhook to be acknowledged.
 *
 *     npx node bench/webhooks.ts [windows in ms, for example 0,5,10]
 *
 * On two shared cores with the load generator beside it (Node 24, Temporal CLI 1.5.1, WAL):
 *
 *     1,000 deliveries of one integration, 100 at a time
 *        window ms  per second      p50 ms      p99 ms     signals
 *                0        3065        30.6        49.2          26
 *                5        3773        25.3        48.2          12
 *               10        4219        21.0        51.1          11
 *               25        2982        30.8        60.0          11
 *               50        1706        55.2        87.5          11
 *
 * Hence a window of 10 ms: it folds as much as longer ones, and waits less. A lone delivery does not wait at all (3 to
 * 5 ms with any window). Over 50 integrations at once, 400 to 1,100 deliveries a second are acknowledged, and 90 to 200
 * if each starts a new workflow: there the server is the limit, and runs differ more than windows do.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { loadConfig } from '../src/config.ts';
import { startServer } from '../src/http/server.ts';
import { sign } from '../src/kombo/signature.ts';
import { openStore } from '../src/store/database.ts';
import { signalChanges } from '../src/temporal/start.ts';

const SECRET = 'whsec_of_the_benchmark';
const CONCURRENCY = 100;
const MODELS = ['ats_jobs', 'ats_candidates', 'ats_applications', 'ats_offers', 'ats_tags'];
const BINARY =
  process.env['TEMPORAL_CLI_PATH'] ?? join(homedir(), '.cache/kombo-sync/temporal/v1.5.1/temporal');

interface Scenario {
  name: string;
  deliveries: number;
  integrations: number;
}

const SCENARIOS: readonly Scenario[] = [
  { name: '2,000 deliveries over 50 integrations', deliveries: 2_000, integrations: 50 },
  { name: '1,000 deliveries of one integration', deliveries: 1_000, integrations: 1 },
  { name: '500 deliveries of 500 new integrations', deliveries: 500, integrations: 500 },
  { name: '200 deliveries, one after the other', deliveries: 200, integrations: 20 },
];

const windows = (process.argv[2] ?? '0,5,10,25,50').split(',').map(Number);

const temporal = await startTemporal();
try {
  await measure('warm-up', SCENARIOS[0]!, 0, CONCURRENCY);
  for (const scenario of SCENARIOS) {
    const concurrency = scenario.name.includes('one after') ? 1 : CONCURRENCY;
    process.stdout.write(`\n${scenario.name}, ${concurrency} at a time\n`);
    print('window ms', 'per second', 'p50 ms', 'p99 ms', 'signals', 'not 200');
    for (const windowMs of windows) {
      const result = await measure(`w${windowMs}`, scenario, windowMs, concurrency);
      print(windowMs, result.rate, result.p50, result.p99, result.signals, result.failed);
    }
  }
} finally {
  await temporal.stop();
}

function print(...cells: (string | number)[]): void {
  process.stdout.write(`${cells.map((cell) => String(cell).padStart(12)).join('')}\n`);
}

async function measure(label: string, scenario: Scenario, windowMs: number, concurrency: number) {
  const connection = await Connection.connect({ address: temporal.address });
  const client = new Client({ connection });
  const store = openStore('postgres://nobody@127.0.0.1:1/nothing');
  const config = loadConfig({ KOMBO_WEBHOOK_SECRETS: SECRET, HOST: '127.0.0.1', PORT: '0' });
  let signals = 0;
  const server = await startServer({
    config,
    store,
    temporal: { connection, client, namespace: 'default', close: () => connection.close() },
    log: pino({ level: 'silent' }),
    coalescingWindowMs: windowMs,
    send: (signal) => {
      signals += 1;
      return signalChanges(client, config, signal);
    },
  });
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const times: number[] = [];
  let failed = 0;
  let next = 0;
  const startedAt = performance.now();
  const sendAll = async () => {
    for (let index = next++; index < scenario.deliveries; index = next++) {
      const body = delivery(`${label}-${scenario.deliveries}:${index % scenario.integrations}`, index);
      const sentAt = performance.now();
      if ((await post(agent, `${server.url}/webhooks/kombo`, body)) !== 200) failed += 1;
      times.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, sendAll));
  const seconds = (performance.now() - startedAt) / 1_000;
  agent.destroy();
  await server.close();
  await store.close();
  await connection.close();
  times.sort((a, b) => a - b);
  const percentile = (share: number) => times[Math.floor(share * (times.length - 1))]!.toFixed(1);
  return {
    rate: Math.round(scenario.deliveries / seconds),
    p50: percentile(0.5),
    p99: percentile(0.99),
    signals,
    failed,
  };
}

function delivery(integrationId: string, index: number): string {
  return JSON.stringify({
    id: `delivery-${index}`,
    type: 'data-changed',
    data: {
      integration_id: integrationId,
      integration_tool: 'bench',
      integration_category: 'ATS',
      changed_models: [{ name: MODELS[index % MODELS.length] }],
    },
  });
}

function post(agent: Agent, url: string, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'x-kombo-signature': sign(body, SECRET) };
    const outgoing = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    outgoing.on('error', reject).end(body);
  });
}

/** A dev server on free ports with its database in a folder of its own, as `kombo-sync dev` runs it. */
async function startTemporal(): Promise<{ address: string; stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'kombo-sync-bench-'));
  const port = await freePort();
  const flags = ['--headless', '--log-level', 'never', '--ip', '127.0.0.1', '--port', String(port)];
  const attributes = ['KomboIntegrationId', 'KomboTool', 'KomboCategory', 'KomboTrigger'].flatMap((name) => [
    '--search-attribute',
    `${name}=Keyword`,
  ]);
  const database = ['--db-filename', join(folder, 'temporal.db')];
  const pragmas = ['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'];
  const child = spawn(
    BINARY,
    [
      'server',
      'start-dev',
      ...flags,
      ...database,
      ...pragmas,
      ...attributes,
      '--search-attribute',
      'KomboModels=KeywordList',
    ],
    { stdio: 'ignore' },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const address = `127.0.0.1:${port}`;
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      const connection = await Connection.connect({ address, connectTimeout: '2s' });
      await connection.workflowService.describeNamespace({ namespace: 'default' });
      await connection.close();
      return { address, stop };
    } catch (error) {
      if (Date.now() < deadline && child.exitCode === null) continue;
      await stop();
      throw error;
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || !address) throw new Error('No free port was given.');
  return address.port;
}
