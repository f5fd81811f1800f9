import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { Children } from '../../src/dev/processes/children.ts';
import { freePort } from '../../src/dev/processes/ports.ts';
import { startPostgres } from '../../src/dev/postgres/server.ts';
import { loadState } from '../../src/dev/state.ts';
import { startTemporalServer } from '../../src/dev/temporal/server.ts';
import { fakeCommand, temporaryFolder } from './support.ts';

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

describe('Postgres', () => {
  // Closed to others, like many folders of root. As root, Postgres runs as another user, who must still get in.
  const dataDir = mkdtempSync(path.join(tmpdir(), 'kombo-sync-postgres-'));
  chmodSync(dataDir, 0o700);
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));
  const children = new Children(dataDir);
  const data = path.join(dataDir, 'postgres');
  const start = async (port?: number) =>
    startPostgres({ dataDir, children, port: port ?? (await freePort()), settings: ['fsync=off'] });

  test('starts with a new database, and starts again with the same data', async () => {
    const first = await start();
    await query(first.url, 'create table kept as select 42 as answer');
    await first.stop();
    const second = await start();
    onTestFinished(() => second.stop());
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    const anonymous = new URL(second.url);
    anonymous.password = 'wrong';
    await expect(query(anonymous.href, 'select 1')).rejects.toThrow('password');
  });

  test('keeps its password in a private file', async () => {
    expect((await stat(path.join(dataDir, 'state.json'))).mode & 0o077).toBe(0);
    expect(loadState(dataDir)).toEqual(loadState(dataDir));
  });

  test('starts although its pid file names another program', async () => {
    writeFileSync(path.join(data, 'postmaster.pid'), `${process.pid}\n${data}\n`);
    const server = await start();
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await server.stop();
  });

  test('reports a busy port', async () => {
    const holder = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => holder.listen(port, '127.0.0.1', resolve));
    onTestFinished(() => void holder.close());
    await expect(start(port)).rejects.toThrow(`Port ${port}, which Postgres is to use, is busy.`);
  });

  test('reports data of another major version', async () => {
    const file = path.join(data, 'PG_VERSION');
    const version = readFileSync(file, 'utf8');
    writeFileSync(file, '14\n');
    onTestFinished(() => writeFileSync(file, version));
    await expect(start()).rejects.toThrow(
      /is from Postgres 14, but this is Postgres \d+\. Delete that folder/,
    );
  });
});

test('a Temporal server that ends during its start is reported with the end of its log', async () => {
  const dataDir = temporaryFolder();
  const cli = fakeCommand(dataDir, 'temporal', 'echo "unable to open database file" >&2', 'exit 1');
  const children = new Children(dataDir);
  const starting = startTemporalServer({ cli, dataDir, port: await freePort(), children });
  await expect(starting).rejects.toThrow(
    /has ended at its start: unable to open database file\nThe whole log is in/,
  );
});
