import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { hasEnded, type Children } from './children.ts';
import { runCommand } from './command.ts';
import { tail } from './tail.ts';
import { isFree, LOOPBACK } from './ports.ts';
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.ts';
import { choosePostgresUser, type PostgresUser } from './postgres-user.ts';
import { loadState } from './state.ts';

export interface PostgresOptions {
  /** The data are kept in its folder `postgres`. */
  dataDir: string;
  port: number;
  children: Children;
  /** Settings beside the defaults, as `fsync=off`. */
  settings?: readonly string[];
  env?: Readonly<Record<string, string | undefined>>;
  signal?: AbortSignal;
}

export interface EmbeddedPostgres {
  /** Of the database `kombo`, with its user and password. */
  readonly url: string;
  /** Settles when the server has ended, by itself or not. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

const USER = 'kombo';
const DATABASE = 'kombo';
const SETTINGS = [`listen_addresses=${LOOPBACK}`, 'unix_socket_directories=', 'max_connections=200'];
/** The same on every machine, with any locales. */
const LOCALE = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
const INITDB_OPTIONS = ['--auth=scram-sha-256', ...LOCALE, '--no-sync', '--no-instructions'];
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 50;

/**
 * Starts the embedded Postgres on 127.0.0.1, with a new database cluster if there is none.
 *
 * @throws Error with the remedy.
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, port, children, signal, env = process.env } = options;
  const binaries = findPostgresBinaries();
  const data = path.resolve(dataDir, 'postgres');
  const { postgresPassword: password } = loadState(dataDir);
  const user = await choosePostgresUser([path.dirname(data), path.dirname(binaries.postgres)], data, env);
  if (!existsSync(path.join(data, 'PG_VERSION')))
    await createCluster(data, binaries, user, password, options);
  await requireSameMajor(data, binaries, user);
  removeStalePid(data);
  if (!(await isFree(port))) throw new Error(`Port ${port}, which Postgres is to use, is busy.`);
  signal?.throwIfAborted();

  const logFile = path.resolve(dataDir, 'postgres.log');
  const log = openSync(logFile, 'w', 0o600);
  const settings = [...SETTINGS, ...(options.settings ?? [])].flatMap((setting) => ['-c', setting]);
  const { command, args, ids } = asUser(user, binaries.postgres, [
    '-D',
    data,
    '-p',
    String(port),
    ...settings,
  ]);
  const child = spawn(command, args, {
    stdio: ['ignore', log, log],
    detached: process.platform !== 'win32',
    env: { ...env, LC_ALL: 'C' },
    ...ids,
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
    url: `postgres://${USER}:${password}@${LOOPBACK}:${port}/${DATABASE}`,
    ended,
    stop: () => children.stop(child),
  };
}

function asUser({ wrapper, owner }: PostgresUser, program: string, args: readonly string[]) {
  const [command = program, ...rest] = wrapper;
  if (wrapper.length === 0) return { command, args: [...args], ids: owner ?? {} };
  return { command, args: [...rest, program, ...args], ids: {} };
}

/** Made under another name and renamed, so that a start that was interrupted leaves nothing half done. */
async function createCluster(
  data: string,
  binaries: PostgresBinaries,
  user: PostgresUser,
  password: string,
  { children, signal, env = process.env }: PostgresOptions,
): Promise<void> {
  const fresh = `${data}.new`;
  const passwordFile = `${data}.${randomBytes(6).toString('hex')}`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true, mode: 0o700 });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  const { owner } = user;
  if (owner) for (const file of [fresh, passwordFile]) chownSync(file, owner.uid, owner.gid);
  try {
    const { command, args, ids } = asUser(user, binaries.initdb, [
      '-D',
      fresh,
      `--username=${USER}`,
      `--pwfile=${passwordFile}`,
      ...INITDB_OPTIONS,
    ]);
    const run = { env: { ...env, LC_ALL: 'C' }, ...ids, signal, children };
    const made = await runCommand(command, args, run);
    if (!made.ok) throw new Error(`Postgres could not create its data in ${data}: ${made.complaint}`);
    await rename(fresh, data);
  } finally {
    rmSync(passwordFile, { force: true });
    await rm(fresh, { recursive: true, force: true });
  }
}

async function requireSameMajor(data: string, binaries: PostgresBinaries, user: PostgresUser): Promise<void> {
  const found = readFileSync(path.join(data, 'PG_VERSION'), 'utf8').trim();
  const { command, args, ids } = asUser(user, binaries.postgres, ['--version']);
  const { stdout, ok, complaint } = await runCommand(command, args, ids);
  if (!ok) throw new Error(`The embedded Postgres does not run here: ${complaint}`);
  const [, major] = /(\d+)(?:\.\d+|devel|beta\d+|rc\d+)/.exec(stdout) ?? [];
  if (major === found) return;
  throw new Error(
    `The data in ${data} are of Postgres ${found}, and this is Postgres ${major}. Delete that folder to start afresh, or set DATA_DIR to another one.`,
  );
}

/** After a crash the file may name a pid that belongs to another program by now, and Postgres would not start. */
function removeStalePid(data: string): void {
  const file = path.join(data, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  if (process.platform !== 'linux') return;
  let commandLine = '';
  try {
    commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // No such process.
  }
  if (commandLine.split('\0').includes(data)) {
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
  const client = new pg.Client({ host: LOOPBACK, port, user: USER, password, database: 'postgres' });
  try {
    await client.connect();
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (!rowCount) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end().catch(() => {});
  }
}
