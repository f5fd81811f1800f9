import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { hasEnded, type Children } from '../processes/children.ts';
import { runCommand } from '../processes/command.ts';
import { tail } from '../processes/tail.ts';
import { isFree, LOOPBACK } from '../processes/ports.ts';
import { findPostgresBinaries, type PostgresBinaries } from './binaries.ts';
import { choosePostgresUser, nameFor, type PostgresUser } from './user.ts';
import { loadState } from '../state.ts';

interface PostgresOptions {
  /** Its folder `postgres` holds the data. */
  dataDir: string;
  port: number;
  children: Children;
  /** More settings, for example `fsync=off`. */
  settings?: readonly string[];
  env?: Readonly<Record<string, string | undefined>>;
  /** The folder of the package with the programs. Default: the one that npm has installed. */
  programs?: string;
  signal?: AbortSignal;
}

export interface EmbeddedPostgres {
  /** The URL of the database `kombo`, with its user and password. */
  readonly url: string;
  /** Settles when the server has ended, for any reason. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

const USER = 'kombo';
const DATABASE = 'kombo';
const SETTINGS = [`listen_addresses=${LOOPBACK}`, 'unix_socket_directories=', 'max_connections=200'];
/** The same on every machine, independent of its locales. */
const LOCALE = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
const INITDB_OPTIONS = ['--auth=scram-sha-256', ...LOCALE, '--no-sync', '--no-instructions'];
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 50;

/**
 * Starts the embedded Postgres on 127.0.0.1, and first makes a database cluster if there is none.
 *
 * @throws Error with the remedy.
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, port, children, signal, env = process.env } = options;
  const data = path.resolve(dataDir, 'postgres');
  const { postgresPassword: password } = loadState(dataDir);
  const user = await choosePostgresUser(data);
  const binaries = findPostgresBinaries(user, env, options.programs);
  const major = await majorOf(binaries, user);
  if (!existsSync(path.join(data, 'PG_VERSION')))
    await createCluster(data, binaries, user, password, options);
  requireSameMajor(data, major);
  removeStalePid(data);
  if (!(await isFree(port))) throw new Error(`Port ${port}, which Postgres is to use, is busy.`);
  signal?.throwIfAborted();

  const logFile = path.resolve(dataDir, 'postgres.log');
  const log = openSync(logFile, 'w', 0o600);
  const settings = [...SETTINGS, ...(options.settings ?? [])].flatMap((setting) => ['-c', setting]);
  const child = spawn(binaries.postgres, ['-D', nameFor(user, data), '-p', String(port), ...settings], {
    stdio: ['ignore', log, log],
    detached: process.platform !== 'win32',
    cwd: data,
    env: { ...env, LC_ALL: 'C' },
    ...user,
  });
  children.adopt('postgres', child);
  closeSync(log);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  try {
    await untilReady(child, { port, password, logFile, signal });
  } catch (error) {
    await children.stop(child);
    throw error;
  }
  return {
    // PGSSLMODE in the environment is for other servers.
    url: `postgres://${USER}:${password}@${LOOPBACK}:${port}/${DATABASE}?sslmode=disable`,
    ended,
    stop: () => children.stop(child),
  };
}

/** Makes the cluster under another name and renames it, so that an interrupted start leaves no half of one. */
async function createCluster(
  data: string,
  binaries: PostgresBinaries,
  user: PostgresUser | undefined,
  password: string,
  { children, signal, env = process.env }: PostgresOptions,
): Promise<void> {
  const fresh = `${data}.new`;
  const passwordFile = `${data}.${randomBytes(6).toString('hex')}`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true, mode: 0o700 });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user) for (const file of [fresh, passwordFile]) chownSync(file, user.uid, user.gid);
  // Handed over open, since `user` may not be allowed to enter its folder.
  const stdin = openSync(passwordFile, 'r');
  try {
    const args = ['-D', nameFor(user, fresh), `--username=${USER}`, '--pwfile=/dev/stdin', ...INITDB_OPTIONS];
    const run = { env: { ...env, LC_ALL: 'C' }, cwd: fresh, stdin, ...user, signal, children };
    const made = await runCommand(binaries.initdb, args, run);
    if (!made.ok) throw new Error(cannotCreate(data, made.complaint));
    await rename(fresh, data);
  } finally {
    closeSync(stdin);
    rmSync(passwordFile, { force: true });
    await rm(fresh, { recursive: true, force: true });
  }
}

function cannotCreate(data: string, complaint: string): string {
  const remedy = complaint.includes('could not look up effective user ID')
    ? `\n/etc/passwd does not know the user that this runs as. Add it there, run as another user, or set DATABASE_URL to a server of your own.`
    : '';
  return `Postgres could not create its data in ${data}: ${complaint}${remedy}`;
}

async function majorOf(
  binaries: PostgresBinaries,
  user: PostgresUser | undefined,
): Promise<string | undefined> {
  const { stdout, ok, complaint } = await runCommand(binaries.postgres, ['--version'], { ...user });
  if (ok) return /(\d+)(?:\.\d+|devel|beta\d+|rc\d+)/.exec(stdout)?.[1];
  const whose = user ? ` as the user with the id ${user.uid}, and it does not run as root` : '';
  throw new Error(
    `The embedded Postgres does not run here${whose}: ${complaint}. Set DATABASE_URL to a server of your own${user ? ', or run as an ordinary user' : ''}.`,
  );
}

function requireSameMajor(data: string, major: string | undefined): void {
  const found = readFileSync(path.join(data, 'PG_VERSION'), 'utf8').trim();
  if (major === found) return;
  throw new Error(
    `The data in ${data} is from Postgres ${found}, but this is Postgres ${major}. Delete that folder to start afresh, or set DATA_DIR to another one.`,
  );
}

/** After a crash, the pid in the file may belong to another program by now, and Postgres would not start. */
function removeStalePid(data: string): void {
  const file = path.join(data, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  if (process.platform !== 'linux') return;
  let folder = '';
  try {
    folder = readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    // There is no such process, or it is another user's.
  }
  if (folder === realpathSync(data)) {
    throw new Error(
      `Another Postgres (process ${pid}) uses ${data}. End it, or set DATA_DIR to another folder.`,
    );
  }
  rmSync(file, { force: true });
}

async function untilReady(
  child: ChildProcess,
  server: { port: number; password: string; logFile: string; signal: AbortSignal | undefined },
): Promise<void> {
  const until = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    server.signal?.throwIfAborted();
    if (hasEnded(child)) throw new Error(`Postgres has ended at its start: ${tail(server.logFile)}`);
    try {
      await createDatabase(server.port, server.password);
      return;
    } catch (error) {
      if (performance.now() > until) {
        throw new Error(`Postgres does not answer: ${tail(server.logFile)}`, { cause: error });
      }
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function createDatabase(port: number, password: string): Promise<void> {
  const client = new pg.Client({
    host: LOOPBACK,
    port,
    user: USER,
    password,
    database: 'postgres',
    ssl: false,
  });
  try {
    await client.connect();
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (!rowCount) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end().catch(() => {});
  }
}
