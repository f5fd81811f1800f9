/**
 * What starting and looking cost with thousands of integrations: they are adopted by the command line, and then each command
 * runs as a process of its own. How long until it says anything, how long it takes, and how much it prints.
 *
 *   npm run bench:scale                         10,000 integrations
 *   npm run bench:scale -- --integrations 2000  fewer
 *
 * Starts Postgres, the sandbox and a Temporal dev server of its own. TEST_TEMPORAL_ADDRESS names another server, with a fresh
 * namespace "default": a production-shaped one is slower.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createSandbox, DEFAULT_API_KEY } from '../sandbox/index.ts';
import { startServers } from '../test/support/servers.ts';

const { values } = parseArgs({ options: { integrations: { type: 'string', default: '10000' } } });
const INTEGRATIONS = Number(values.integrations);
const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

interface Ran {
  seconds: number;
  firstByte: number;
  lines: number;
  text: string;
  code: number;
}

async function main(): Promise<void> {
  const servers = await startServers();
  const sandbox = createSandbox({ integrations: [] });
  const folder = await mkdtemp(path.join(tmpdir(), 'kombo-sync-scale-'));
  const env = {
    ...process.env,
    TEMPORAL_ADDRESS: servers.temporalAddress,
    KOMBO_API_KEY: DEFAULT_API_KEY,
    KOMBO_API_URL: await sandbox.listen(),
    DATABASE_URL: servers.databaseUrl,
    TASK_QUEUE: `scale-${Date.now()}`,
  };
  const ids = Array.from({ length: INTEGRATIONS }, (_, index) => `scale:${index}`);
  for (const id of ids) sandbox.control.addIntegration({ id, category: 'LMS', scale: 0, records: {} });
  const file = path.join(folder, 'ids.txt');
  await writeFile(file, ids.join('\n'));
  try {
    const cli = (...args: string[]) => run(args, env);
    await cli('setup');
    print('command', 'seconds', 'first byte', 'lines', 'what it says');
    show(
      `integrations add --file (${INTEGRATIONS})`,
      await cli('integrations', 'add', '--file', file),
      /\d+ added/,
    );
    show('setup, nothing changed', await cli('setup'), /^Schedules: .*/m);
    show('setup, once more', await cli('setup'), /^Schedules: .*/m);
    show('doctor', await cli('doctor'), /^. Schedules: .*/m);
    show('status', await cli('status'), /^In all: .*/m);
    show('integrations list', await cli('integrations', 'list'), /^In all: .*/m);
    show('cutover', await cli('cutover'), /^\d+ integrations: .*/m);
  } finally {
    await rm(folder, { recursive: true, force: true });
    await sandbox.close();
    await servers.stop();
  }
}

async function run(args: string[], env: NodeJS.ProcessEnv): Promise<Ran> {
  const beganAt = performance.now();
  const since = () => (performance.now() - beganAt) / 1000;
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let firstByte = Number.NaN;
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      if (Number.isNaN(firstByte)) firstByte = since();
      text += chunk;
    });
  }
  const [code] = (await once(child, 'close')) as [number];
  return { seconds: since(), firstByte, lines: text.split('\n').length - 1, text, code };
}

function show(name: string, ran: Ran, says: RegExp): void {
  const said = says.exec(ran.text)?.[0] ?? `exit ${ran.code}: ${ran.text.trim().split('\n').at(-1)}`;
  print(name, ran.seconds.toFixed(1), ran.firstByte.toFixed(1), String(ran.lines), said);
}

function print(name: string, seconds: string, firstByte: string, lines: string, said: string): void {
  process.stdout.write(
    `${name.padEnd(34)}${seconds.padStart(9)}${firstByte.padStart(12)}${lines.padStart(8)}  ${said}\n`,
  );
}

await main();
