import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Connection } from '@temporalio/client';
import pg from 'pg';
import { Children } from '../../src/dev/processes/children.ts';
import { claimDataDir } from '../../src/dev/processes/claim.ts';
import { findTemporal } from '../../src/dev/temporal/find.ts';
import { freePort } from '../../src/dev/processes/ports.ts';
import { startPostgres } from '../../src/dev/postgres/server.ts';
import { startTemporalServer } from '../../src/dev/temporal/server.ts';

export interface TestServers {
  databaseUrl: string;
  /** Name of the migrated database that test files copy. The first file makes it. */
  templateDatabase: string;
  temporalAddress: string;
  temporalCli: string;
  /** A folder of this run that the servers do not use. */
  emptyFolder: string;
  stop: () => Promise<void>;
}

type Stop = () => Promise<void>;

const PREFIX = 'kombo-sync-test-';
/** Processes that end write what they have compiled. */
const REMOVE = { recursive: true, force: true, maxRetries: 10, retryDelay: 200 };

/** Ends the servers that a killed run left. Its folder lists them, and no process holds the folder any more. */
async function clearKilledRuns(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const folder = path.join(tmpdir(), name);
    // A run writes the list of children after its claim. Without a list, a run may be about to claim the folder.
    const claimed = ['dev.lock', 'children.json'].every((file) => existsSync(path.join(folder, file)));
    if (!name.startsWith(PREFIX) || !claimed) continue;
    let release: () => void;
    try {
      release = claimDataDir(folder);
    } catch {
      continue;
    }
    await new Children(folder).clearLeftovers();
    release();
    await rm(folder, REMOVE);
  }
}

/**
 * Starts a Postgres and a Temporal server for this run, in a folder of their own and on free ports. To use others, set
 * TEST_DATABASE_URL (as an administrator) and TEST_TEMPORAL_ADDRESS; our search attributes must be registered there.
 */
export async function startServers(): Promise<TestServers> {
  await clearKilledRuns();
  const folder = await mkdtemp(path.join(tmpdir(), PREFIX));
  const emptyFolder = path.join(folder, 'empty');
  await mkdir(emptyFolder);
  const release = claimDataDir(folder);
  const children = new Children(folder);
  const stops: Stop[] = [];
  const stop = async () => {
    await Promise.allSettled(stops.map((end) => end()));
    release();
    await rm(folder, REMOVE);
  };
  const starting = await Promise.allSettled([
    usePostgres(folder, children, stops),
    useTemporal(folder, children, stops),
  ]);
  const [postgres, temporal] = starting;
  if (postgres.status === 'fulfilled' && temporal.status === 'fulfilled') {
    const templateDatabase = `template_${randomBytes(6).toString('hex')}`;
    const stopAll = async () => {
      // A server of yours outlives this run, and the next run may have other migrations.
      try {
        await dropTemplate(postgres.value, templateDatabase);
      } finally {
        await stop();
      }
    };
    return { databaseUrl: postgres.value, templateDatabase, ...temporal.value, emptyFolder, stop: stopAll };
  }
  await stop();
  throw postgres.status === 'rejected' ? postgres.reason : temporal.status === 'rejected' && temporal.reason;
}

async function dropTemplate(databaseUrl: string, name: string): Promise<void> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  await client.query(`update pg_database set datistemplate = false where datname = $1`, [name]);
  await client.query(`drop database if exists ${name} with (force)`);
  await client.end();
}

async function usePostgres(dataDir: string, children: Children, stops: Stop[]): Promise<string> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given) {
    const client = new pg.Client(given);
    await client.connect().catch((cause: unknown) => {
      throw new Error('TEST_DATABASE_URL names a Postgres that cannot be reached.', { cause });
    });
    await client.end();
    return given;
  }
  const postgres = await startPostgres({
    dataDir,
    port: await freePort(),
    children,
    settings: ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'],
  });
  stops.push(() => postgres.stop());
  return postgres.url;
}

async function useTemporal(
  dataDir: string,
  children: Children,
  stops: Stop[],
): Promise<Pick<TestServers, 'temporalAddress' | 'temporalCli'>> {
  const note = (line: string) => void process.stderr.write(`${line}\n`);
  const cli = await findTemporal({ env: process.env, note, children });
  const given = process.env['TEST_TEMPORAL_ADDRESS'];
  if (given) {
    const connection = await Connection.connect({ address: given, connectTimeout: '5s' }).catch(
      (cause: unknown) => {
        throw new Error('TEST_TEMPORAL_ADDRESS names a server that cannot be reached.', { cause });
      },
    );
    await connection.close();
    return { temporalAddress: given, temporalCli: cli };
  }
  const port = await freePort();
  const server = await startTemporalServer({ cli, dataDir, port, inMemory: true, children });
  stops.push(() => server.stop());
  return { temporalAddress: server.address, temporalCli: cli };
}
