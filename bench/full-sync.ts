/**
 * Full syncs: how fast they are beside plain COPY and beside the loop of Kombo's guide, what they cost the worker, what a sweep
 * costs, and how near to the ideal they come when Kombo takes long. Kombo is a process that sends prepared answers; the
 * activities, the HTTP client, Postgres, the workflow and Temporal are the real ones.
 *
 *   npm run bench:full-sync                             200,000 applications
 *   npm run bench:full-sync -- 1000000                  more
 *   npm run bench:full-sync -- --beside ../before       the same with another checkout, in the same run
 *   npm run bench:full-sync -- --only latency           one part: passes or latency
 *
 * Starts a Postgres and, for the latency, a Temporal server of its own.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { getEndpoint } from '../src/domain/catalogue/index.ts';
import { openStore } from '../src/store/database.ts';
import { startServers } from '../test/support/servers.ts';
import { benchDatabase } from './support/database.ts';
import type { ParseFigures, PassFigures, SweepFigures } from './support/pass-process.ts';
import { copySeconds, guideSeconds } from './support/references.ts';

const OWN = fileURLToPath(new URL('..', import.meta.url));
const endpoint = getEndpoint('/ats/applications');
/** The loop is slow, and as slow with more. */
const GUIDE_PAGES = 20;
const LATENCY = { delayMs: 100, pageSize: 10, pages: 20, endpoints: 12, atOnce: 4, times: 4 };

const { values, positionals } = parseArgs({
  options: { beside: { type: 'string' }, only: { type: 'string' } },
  allowPositionals: true,
});
const RECORDS = Number(positionals[0] ?? 200_000);
const checkouts = [
  ...(values.beside === undefined ? [] : [{ name: 'before', folder: path.resolve(values.beside) }]),
  { name: 'this', folder: OWN },
];

async function main(): Promise<void> {
  if (values.only !== 'latency') await passes();
  if (values.only !== 'passes') await latency();
}

async function passes(): Promise<void> {
  const kombo = await startKombo(String(RECORDS));
  const database = await benchDatabase();
  try {
    print(`${RECORDS} applications, a page of 250 at a time\n`);
    print(row('', 'records/s', 'CPU µs/record', 'of JSON.parse', 'MB at most', 'sweep s'));
    let newest = '';
    const sweeps: string[] = [];
    for (const { name, folder } of checkouts) {
      newest = await migrated(database.url, name, folder);
      const lines = await runLines('pass-process.ts', [folder, newest, kombo.baseUrl, endpoint.path]);
      const [first, second, parse, ...swept] = lines as [
        PassFigures,
        PassFigures,
        ParseFigures,
        ...SweepFigures[],
      ];
      for (const [what, pass] of [
        ['inserts', first],
        ['no-ops', second],
      ] as const) {
        const micros = (pass.cpuSeconds * 1e6) / pass.records;
        print(
          row(
            `${name}: ${what}`,
            (pass.records / pass.seconds).toFixed(0),
            micros.toFixed(1),
            `${(micros / parse.parseMicros).toFixed(2)} of ${parse.parseMicros.toFixed(1)}`,
            pass.residentMb.toFixed(0),
            pass.sweepSeconds.toFixed(2),
          ),
        );
      }
      for (const { candidates, sweepSeconds, walMb } of swept) {
        sweeps.push(row(name, String(candidates), sweepSeconds.toFixed(2), walMb.toFixed(1)));
      }
    }
    const store = openStore(newest);
    try {
      const copied = await copySeconds(store, endpoint);
      print(row('plain COPY, same rows and indexes', (RECORDS / copied).toFixed(0)));
      const guide = await guideSeconds(store, endpoint, kombo.baseUrl, GUIDE_PAGES);
      print(row("guide's loop, one upsert per row", (guide.records / guide.seconds).toFixed(0)));
    } finally {
      await store.close();
    }
    print(`\n${row('marks of a full listing', 'it lacks', 'seconds', 'MB of WAL')}`);
    for (const line of sweeps) print(line);
  } finally {
    await database.stop();
    kombo.stop();
  }
}

async function latency(): Promise<void> {
  const { delayMs, pageSize, pages, endpoints, atOnce, times } = LATENCY;
  const kombo = await startKombo(String(pageSize * pages), String(delayMs), String(pageSize));
  const servers = await startServers();
  process.env['TEMPORAL_ADDRESS'] = servers.temporalAddress;
  const ideal = (endpoints / atOnce) * pages * (delayMs / 1000);
  try {
    print(
      `\n${endpoints} endpoints, ${atOnce} at once, ${pages} pages each, ${delayMs} ms a page: ${ideal} s at best\n`,
    );
    print(row('', 'seconds', 'of the ideal'));
    for (const { name, folder } of checkouts) {
      const database = await migrated(servers.databaseUrl, name, folder);
      const args = [folder, database, kombo.baseUrl, String(times)];
      const runs = (await runLines('latency-process.ts', args)) as { seconds: number; read: number }[];
      if (runs.some(({ read }) => read !== endpoints)) throw new Error(JSON.stringify(runs));
      // The first one loads and compiles.
      const seconds = runs
        .slice(1)
        .map((run) => run.seconds)
        .toSorted((a, b) => a - b);
      const median = seconds[Math.floor(seconds.length / 2)]!;
      print(row(name, median.toFixed(2), `${((100 * ideal) / median).toFixed(1)} %`));
    }
  } finally {
    await servers.stop();
    kombo.stop();
  }
}

const script = (name: string) => fileURLToPath(new URL(`./support/${name}`, import.meta.url));

/** A database of its own with the schema of a checkout. */
async function migrated(adminUrl: string, name: string, folder: string): Promise<string> {
  const admin = openStore(adminUrl);
  await admin.pool.query(`create database bench_${name}`);
  await admin.close();
  const url = new URL(adminUrl);
  url.pathname = `/bench_${name}`;
  const migrate = spawn(process.execPath, [path.join(folder, 'src/cli/main.ts'), 'migrate'], {
    env: { ...process.env, DATABASE_URL: url.href },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(migrate, 'exit')) as [number];
  if (code !== 0) throw new Error(`The database of ${folder} could not be migrated.`);
  return url.href;
}

async function startKombo(...args: string[]): Promise<{ baseUrl: string; stop: () => void }> {
  const child = spawn(process.execPath, [script('kombo-process.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { baseUrl: line, stop: () => child.kill() };
}

/** Those of the containers (`deploy/`). */
const NODE_OPTIONS = '--max-old-space-size=1536 --max-semi-space-size=8';

/** Runs a script that prints lines of JSON. */
async function runLines(name: string, args: string[]): Promise<unknown[]> {
  const child = spawn(process.execPath, [script(name), ...args], {
    env: { ...process.env, NODE_OPTIONS },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: unknown[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{')) lines.push(JSON.parse(line));
  }
  return lines;
}

const row = (name: string, ...cells: string[]) =>
  name.padEnd(36) + cells.map((cell) => cell.padStart(16)).join('');

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
