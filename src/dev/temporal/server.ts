import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../../domain/names.ts';
import { hasEnded, type Children } from '../processes/children.ts';
import { LOOPBACK } from '../processes/ports.ts';
import { tail } from '../processes/tail.ts';
import { boundWal } from './wal.ts';

interface TemporalServerOptions {
  /** The `temporal` command. */
  cli: string;
  /** Holds the log, and the database unless that is in memory. */
  dataDir: string;
  port: number;
  /** Default: no UI. */
  uiPort?: number;
  inMemory?: boolean;
  children: Children;
  signal?: AbortSignal | undefined;
}

export interface TemporalServer {
  /** host:port */
  readonly address: string;
  /** For example http://localhost:8233 */
  readonly uiUrl: string | undefined;
  /** Settles when the server has ended, for any reason. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

const NAMESPACE = 'default';
const START_TIMEOUT_MS = 60_000;
const CALL_TIMEOUT_MS = 3_000;
const POLL_MS = 50;
const TYPES = { KEYWORD: 'Keyword', KEYWORD_LIST: 'KeywordList' } as const;

/** Starts Temporal's development server on 127.0.0.1. @throws Error with the end of its log if it does not start. */
export async function startTemporalServer(options: TemporalServerOptions): Promise<TemporalServer> {
  const { cli, dataDir, port, uiPort, children, signal } = options;
  signal?.throwIfAborted();
  const logFile = path.resolve(dataDir, 'temporal.log');
  const log = openSync(logFile, 'w', 0o600);
  const child = spawn(cli, serverArguments(options), {
    stdio: ['ignore', log, log],
    detached: process.platform !== 'win32',
  });
  children.adopt('temporal', child);
  closeSync(log);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const address = `${LOOPBACK}:${port}`;
  try {
    await untilReady(child, address, logFile, signal);
  } catch (error) {
    await children.stop(child);
    throw error;
  }
  const unbound = options.inMemory ? () => Promise.resolve() : boundWal(databaseIn(dataDir));
  void ended.then(unbound);
  return {
    address,
    uiUrl: uiPort === undefined ? undefined : `http://localhost:${uiPort}`,
    ended,
    stop: async () => {
      await unbound();
      await children.stop(child);
    },
  };
}

function serverArguments({ dataDir, port, uiPort, inMemory }: TemporalServerOptions): string[] {
  return [
    ['server', 'start-dev', '--ip', LOOPBACK, '--port', String(port), '--namespace', NAMESPACE],
    uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)],
    inMemory ? [] : databaseArguments(databaseIn(dataDir)),
    SEARCH_ATTRIBUTES.flatMap(({ name, type }) => ['--search-attribute', `${name}=${TYPES[type]}`]),
    ['--dynamic-config-value', 'matching.enableFairness=true'],
    ['--dynamic-config-value', 'frontend.enableServerVersionCheck=false'],
    ['--log-level', 'warn'],
  ].flat();
}

const databaseIn = (dataDir: string) => path.resolve(dataDir, 'temporal.db');

/** With these two a signal costs a third of what it costs with SQLite's defaults. */
function databaseArguments(file: string): string[] {
  const pragmas = ['journal_mode=WAL', 'synchronous=NORMAL'];
  return ['--db-filename', file, ...pragmas.flatMap((pragma) => ['--sqlite-pragma', pragma])];
}

async function untilReady(
  child: ChildProcess,
  address: string,
  logFile: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const until = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    signal?.throwIfAborted();
    if (hasEnded(child)) throw new Error(`The Temporal server has ended at its start: ${tail(logFile)}`);
    try {
      await askForNamespace(address);
      return;
    } catch (error) {
      if (performance.now() > until) {
        throw new Error(`The Temporal server does not answer: ${tail(logFile)}`, { cause: error });
      }
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function askForNamespace(address: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: CALL_TIMEOUT_MS });
  try {
    await connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, () =>
      connection.workflowService.describeNamespace({ namespace: NAMESPACE }),
    );
  } finally {
    await connection.close();
  }
}
