import path from 'node:path';
import { temporaryPlace } from './processes/cache.ts';
import { ownFolder } from './processes/folder.ts';
import { tryLock } from './processes/lock.ts';
import { choosePort, isFree } from './processes/ports.ts';
import { findTemporal } from './temporal/find.ts';
import { startPostgres, type EmbeddedPostgres } from './postgres/server.ts';
import { saveState, type DevState } from './state.ts';
import { startTemporalServer, type TemporalServer } from './temporal/server.ts';
import type { Children } from './processes/children.ts';
import type { Env } from './settings.ts';

export interface ServersOptions {
  env: Env;
  dataDir: string;
  children: Children;
  state: DevState;
  note: (line: string) => void;
  signal: AbortSignal;
}

const TEMPORAL_PORT = 7233;
const TEMPORAL_UI_PORT = 8233;

export async function startOwnPostgres(options: ServersOptions): Promise<EmbeddedPostgres> {
  const { state, dataDir, children, signal, note, env } = options;
  return oneAtATime('postgres', signal, () =>
    onFreePort(async (taken) => {
      const port = await choosePort({ purpose: 'Postgres', preferred: state.postgresPort, note });
      taken(port);
      const server = await startPostgres({ dataDir, port, children, signal, env });
      if (port !== state.postgresPort) saveState(dataDir, { ...state, postgresPort: port });
      return server;
    }),
  );
}

export async function startOwnTemporal(options: ServersOptions): Promise<TemporalServer> {
  const { env, dataDir, children, note, signal } = options;
  const cli = await findTemporal({ env, note, signal, children });
  return oneAtATime('temporal', signal, () =>
    onFreePort(async (taken) => {
      const port = await choosePort({ purpose: 'Temporal', preferred: TEMPORAL_PORT, note });
      const ui = { purpose: "Temporal's UI", preferred: TEMPORAL_UI_PORT, except: [port], note };
      const uiPort = await choosePort(ui);
      taken(port, uiPort);
      return startTemporalServer({ cli, dataDir, port, uiPort, children, signal });
    }),
  );
}

const HTTP_PORT = 3000;

/** Starts the service on the port `chosen`, or if that is undefined on a free port. */
export async function startOnHttpPort<T>(
  options: { chosen: number | undefined; host: string; note: (line: string) => void },
  start: (port: number) => Promise<T>,
): Promise<T> {
  const { chosen, host, note } = options;
  if (chosen !== undefined) return start(chosen);
  return onFreePort(async (taken) => {
    const port = await choosePort({ purpose: 'kombo-sync', preferred: HTTP_PORT, host, note });
    taken(port);
    return start(port);
  });
}

const LOCK_POLL_MS = 100;

/**
 * Lets only one of this user's processes at a time choose ports and start such a server. Two that choose the same port
 * at the same time could take the other's Temporal server for their own.
 */
async function oneAtATime<T>(what: string, signal: AbortSignal, start: () => Promise<T>): Promise<T> {
  const place = temporaryPlace();
  if (!ownFolder(place)) {
    throw new Error(
      `${place} cannot be made, or another user can change it. Remove it, or set TMPDIR to a folder of yours.`,
    );
  }
  const file = path.join(place, `${what}.lock`);
  for (;;) {
    signal.throwIfAborted();
    const lock = tryLock(file);
    if (lock) return start().finally(() => lock.release());
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
  }
}

const ATTEMPTS = 3;

/** Another program may take a chosen port before the server uses it. If so, this chooses another port. */
async function onFreePort<T>(start: (taken: (...ports: number[]) => void) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    let ports: number[] = [];
    try {
      return await start((...chosen) => (ports = chosen));
    } catch (error) {
      const free = await Promise.all(ports.map((port) => isFree(port)));
      if (attempt === ATTEMPTS || !free.includes(false)) throw error;
    }
  }
}

/** @throws Error if the port that you have chosen is busy, since no other port may replace it. */
export async function requireFreePort(chosen: number, host: string): Promise<void> {
  if (chosen === 0 || (await isFree(chosen, host))) return;
  throw new Error(
    `PORT is ${chosen}, and that port is busy. End what uses it, set PORT to another one, or leave it out.`,
  );
}
