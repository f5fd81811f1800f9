/**
 * What `serve` acknowledges in a storm of webhooks, beside what Temporal takes at all: signalWithStart alone, as often at
 * once. The generator is this process, the server one of its own with its log on, and Temporal a dev server of its own. No
 * worker runs, because none is needed for a webhook to be acknowledged.
 *
 *     npm run bench:webhooks
 *     npm run bench:webhooks -- --window 25 --log off
 *     npm run bench:webhooks -- --share 0.1            a tenth of each storm
 *
 * TEST_TEMPORAL_ADDRESS names another Temporal server.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadConfig } from '../src/config.ts';
import { sign } from '../src/kombo/signature.ts';
import { connectTemporal } from '../src/temporal/connect.ts';
import { signalChanges } from '../src/temporal/start.ts';
import { startServers } from '../test/support/servers.ts';

const { values } = parseArgs({
  options: {
    window: { type: 'string', default: '10' },
    log: { type: 'string', default: 'on' },
    share: { type: 'string', default: '1' },
  },
});
const SECRET = 'whsec_of_the_benchmark';
const MODELS = ['ats_jobs', 'ats_candidates', 'ats_applications', 'ats_offers', 'ats_tags'];

interface Storm {
  name: string;
  deliveries: number;
  integrations: number;
  atOnce: number;
  /** Signals of the comparison: fewer are enough where all take alike. */
  raw: number;
}

const WHOLE: readonly Storm[] = [
  { name: 'one hot integration', deliveries: 6_000, integrations: 1, atOnce: 256, raw: 500 },
  { name: '300 integrations', deliveries: 3_000, integrations: 300, atOnce: 256, raw: 1_500 },
  // More at once than the server has connections.
  { name: '1,500 new ones at once', deliveries: 1_500, integrations: 1_500, atOnce: 1_500, raw: 1_500 },
  { name: 'one after the other', deliveries: 200, integrations: 20, atOnce: 1, raw: 100 },
];

const part = (count: number) => Math.max(1, Math.round(count * Number(values.share)));
const STORMS = WHOLE.map((storm) => ({
  ...storm,
  deliveries: part(storm.deliveries),
  raw: part(storm.raw),
}));

interface Measured {
  perSecond: number;
  p50: number;
  p99: number;
  failed: number;
}

async function main(): Promise<void> {
  const servers = await startServers();
  process.env['TEMPORAL_ADDRESS'] = servers.temporalAddress;
  const temporal = await connectTemporal();
  const server = await startServerProcess();
  try {
    await flood(server, { ...STORMS[1]!, deliveries: 500 }, 'warm');
    row(
      'storm',
      'raw/s',
      'acked/s',
      'times',
      'p50 ms',
      'p99 ms',
      'signals',
      'not 200',
      'stored',
      'CPU µs each',
    );
    for (const storm of STORMS) {
      const raw = await signalAlone(temporal.client, storm);
      await server.used();
      const measured = await flood(server, storm, 'storm');
      const { signals, cpuMs } = await server.used();
      const stored = await countStored(temporal.client, storm);
      row(
        `${storm.name}, ${storm.atOnce}`,
        raw.perSecond,
        measured.perSecond,
        (measured.perSecond / raw.perSecond).toFixed(1),
        measured.p50,
        measured.p99,
        signals,
        measured.failed,
        stored,
        Math.round((cpuMs * 1_000) / storm.deliveries),
      );
    }
  } finally {
    server.stop();
    await temporal.close();
    await servers.stop();
  }
}

const idOf = (label: string, { name, integrations }: Storm, index: number) =>
  `${label}-${name.replaceAll(/\W/g, '')}:${index % integrations}`;

/** signalWithStart with the same number in flight as `serve` allows itself. */
async function signalAlone(client: Parameters<typeof signalChanges>[0], storm: Storm): Promise<Measured> {
  const config = loadConfig({});
  return measure(storm.raw, Math.min(64, storm.atOnce), async (index) => {
    const integrationId = idOf('raw', storm, index);
    await signalChanges(client, config, {
      integrationId,
      models: [modelOf(index)],
      trigger: 'webhook',
      tool: 'bench',
      category: 'ATS',
    });
    return true;
  });
}

async function flood({ url }: ServerProcess, storm: Storm, label: string): Promise<Measured> {
  const agent = new Agent({ keepAlive: true, maxSockets: storm.atOnce });
  try {
    return await measure(storm.deliveries, storm.atOnce, async (index) => {
      const body = delivery(idOf(label, storm, index), index);
      return (await post(agent, `${url}/webhooks/kombo`, body)) === 200;
    });
  } finally {
    agent.destroy();
  }
}

async function measure(
  count: number,
  atOnce: number,
  act: (index: number) => Promise<boolean>,
): Promise<Measured> {
  const times: number[] = [];
  let failed = 0;
  let next = 0;
  const startedAt = performance.now();
  const work = async () => {
    for (let index = next++; index < count; index = next++) {
      const sentAt = performance.now();
      if (await act(index)) times.push(performance.now() - sentAt);
      else failed += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const seconds = (performance.now() - startedAt) / 1_000;
  times.sort((a, b) => a - b);
  const percentile = (share: number) =>
    Math.round(times[Math.floor(share * (times.length - 1))] ?? Number.NaN);
  return {
    perSecond: Math.round(times.length / seconds),
    p50: percentile(0.5),
    p99: percentile(0.99),
    failed,
  };
}

/** How many of the new integrations Temporal has: more than were acknowledged were answered wrongly. */
async function countStored(client: Parameters<typeof signalChanges>[0], storm: Storm): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const prefix = idOf('storm', storm, 0).replace(/\d+$/, '');
  return (await client.workflow.count(`WorkflowId STARTS_WITH 'sync/${prefix}'`)).count;
}

interface ServerProcess {
  url: string;
  used(): Promise<{ signals: number; cpuMs: number }>;
  stop(): void;
}

async function startServerProcess(): Promise<ServerProcess> {
  const script = fileURLToPath(new URL('./support/webhook-server.ts', import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [script, SECRET, values.window, values.log], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const lines = createInterface({ input: child.stdout! });
  const line = async () => ((await once(lines, 'line')) as [string])[0];
  const url = await line();
  return {
    url,
    used: async () => {
      const answer = line();
      child.stdin!.write('\n');
      return JSON.parse(await answer) as { signals: number; cpuMs: number };
    },
    stop: () => void child.kill(),
  };
}

const modelOf = (index: number) => MODELS[index % MODELS.length]!;

function delivery(integrationId: string, index: number): string {
  return JSON.stringify({
    id: `delivery-${index}`,
    type: 'data-changed',
    data: {
      integration_id: integrationId,
      integration_tool: 'bench',
      integration_category: 'ATS',
      changed_models: [{ name: modelOf(index) }],
    },
  });
}

/** The status of the answer; 0 if the server closed the connection without one. */
function post(agent: Agent, url: string, body: string): Promise<number> {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json', 'x-kombo-signature': sign(body, SECRET) };
    const outgoing = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    outgoing.on('error', () => resolve(0)).end(body);
  });
}

function row(name: string, ...cells: (string | number)[]): void {
  process.stdout.write(`${name.padEnd(30)}${cells.map((cell) => String(cell).padStart(12)).join('')}\n`);
}

await main();
