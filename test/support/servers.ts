import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Connection } from '@temporalio/client';
import pg from 'pg';
import { Children } from '../../src/dev/children.ts';
import { findTemporal } from '../../src/dev/find-temporal.ts';
import { freePort } from '../../src/dev/ports.ts';
import { startPostgres } from '../../src/dev/postgres.ts';
import { startTemporalServer } from '../../src/dev/temporal-server.ts';

export interface TestServers {
  databaseUrl: string;
  temporalAddress: string;
  temporalCli: string;
  stop: () => Promise<void>;
}

type Stop = () => Promise<void>;

/**
 * A Postgres and a Temporal server of this run's own, in a folder of its own and on free ports. TEST_DATABASE_URL (of an
 * administrator) and TEST_TEMPORAL_ADDRESS name others instead; our search attributes must be registered there.
 */
export async function startServers(): Promise<TestServers> {
  const folder = await mkdtemp(path.join(tmpdir(), 'kombo-sync-test-'));
  const children = new Children(folder);
  const stops: Stop[] = [];
  const stop = async () => {
    await Promise.allSettled(stops.map((end) => end()));
    await rm(folder, { recursive: true, force: true });
  };
  const starting = await Promise.allSettled([
    usePostgres(folder, children, stops),
    useTemporal(folder, children, stops),
  ]);
  const [postgres, temporal] = starting;
  if (postgres.status === 'fulfilled' && temporal.status === 'fulfilled') {
    return { databaseUrl: postgres.value, ...temporal.value, stop };
  }
  await stop();
  throw postgres.status === 'rejected' ? postgres.reason : temporal.status === 'rejected' && temporal.reason;
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
