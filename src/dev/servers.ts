import { choosePort, isFree } from './ports.ts';
import { findTemporal } from './find-temporal.ts';
import { startPostgres, type EmbeddedPostgres } from './postgres.ts';
import { saveState, type DevState } from './state.ts';
import { startTemporalServer, type TemporalServer } from './temporal-server.ts';
import type { Children } from './children.ts';
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
  return again(async (taken) => {
    const port = await choosePort({ purpose: 'Postgres', preferred: state.postgresPort, note });
    taken(port);
    const server = await startPostgres({ dataDir, port, children, signal, env });
    if (port !== state.postgresPort) saveState(dataDir, { ...state, postgresPort: port });
    return server;
  });
}

export async function startOwnTemporal(options: ServersOptions): Promise<TemporalServer> {
  const { env, dataDir, children, note, signal } = options;
  const cli = await findTemporal({ env, note, signal, children });
  return again(async (taken) => {
    const port = await choosePort({ purpose: 'Temporal', preferred: TEMPORAL_PORT, note });
    const ui = { purpose: "Temporal's UI", preferred: TEMPORAL_UI_PORT, except: [port], note };
    const uiPort = await choosePort(ui);
    taken(port, uiPort);
    return startTemporalServer({ cli, dataDir, port, uiPort, children, signal });
  });
}

const ATTEMPTS = 3;

/** Between the choice of a port and its use somebody else may have taken it; then another one is chosen. */
async function again<T>(start: (taken: (...ports: number[]) => void) => Promise<T>): Promise<T> {
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

const HTTP_PORT = 3000;

/** @throws Error when the port that the user has chosen is busy: that one is not changed. */
export async function requireFreePort(chosen: number, host: string): Promise<void> {
  if (chosen === 0 || (await isFree(chosen, host))) return;
  throw new Error(
    `PORT is ${chosen}, and that port is busy. End what uses it, set PORT to another one, or leave it out.`,
  );
}

export async function chooseHttpPort(host: string, note: (line: string) => void): Promise<number> {
  return choosePort({ purpose: 'kombo-sync', preferred: HTTP_PORT, host, note });
}
