import { spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll } from 'vitest';
import { freePort } from '../../src/dev/processes/ports.ts';
import { choosePostgresUser } from '../../src/dev/postgres/user.ts';
import { serversOf, startProxyPooler, type Pooler, type PoolMode } from './pooler.ts';

const PLACES = ['/usr/sbin', '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'];
const PROGRAM = [...(process.env['PATH'] ?? '').split(path.delimiter), ...PLACES]
  .map((folder) => path.join(folder, 'pgbouncer'))
  .find((file) => existsSync(file));

/** Poolers for tests: a stand-in for PgBouncer, and PgBouncer itself if this machine has it. */
export const POOLERS = [
  ['a pooler with its rules', startProxyPooler],
  ...(PROGRAM === undefined ? [] : [['PgBouncer', startPgBouncer] as const]),
] as const;

const START_MS = 10_000;

export const hasPgBouncer = PROGRAM !== undefined;

/** @param more lines for its settings, which override ours. */
export async function startPgBouncer(
  databaseUrl: string,
  mode: PoolMode,
  more: readonly string[] = [],
): Promise<Pooler> {
  const { hostname, port: serverPort, username, password } = new URL(databaseUrl);
  const folder = mkdtempSync(path.join(tmpdir(), 'pgbouncer-'));
  const port = await freePort();
  const file = (name: string) => path.join(folder, name);
  writeFileSync(
    file('pgbouncer.ini'),
    [
      '[databases]',
      `* = host=${hostname} port=${serverPort} user=${username} password=${decodeURIComponent(password)}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = any',
      `pool_mode = ${mode}`,
      `default_pool_size = ${serversOf(mode)}`,
      'server_round_robin = 1',
      'max_client_conn = 200',
      'server_login_retry = 1',
      ...more,
      '',
    ].join('\n'),
  );
  const log = file('pgbouncer.log');
  // It refuses to run as root.
  const owner = await choosePostgresUser(folder);
  chmodSync(folder, 0o755);
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const child = spawn(PROGRAM!, ['-q', file('pgbouncer.ini')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    ...owner,
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  afterAll(async () => {
    child.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  const url = (through: string) => {
    const address = new URL(through);
    address.host = `127.0.0.1:${port}`;
    return address.href;
  };
  const until = performance.now() + START_MS;
  for (;;) {
    const client = new pg.Client(url(databaseUrl));
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query('select 1');
      await client.end();
      return { url };
    } catch (error) {
      await client.end().catch(() => {});
      const said = existsSync(log) ? readFileSync(log, 'utf8') : complaint;
      if (performance.now() > until) throw new Error(`PgBouncer does not answer: ${said}`, { cause: error });
      await delay(50);
    }
  }
}
