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
  const port = await choosePort({ purpose: 'Postgres', preferred: state.postgresPort, note });
  if (port !== state.postgresPort) saveState(dataDir, { ...state, postgresPort: port });
  return startPostgres({ dataDir, port, children, signal, env });
}

export async function startOwnTemporal(options: ServersOptions): Promise<TemporalServer> {
  const { env, dataDir, children, note, signal } = options;
  const cli = await findTemporal({ env, note, signal, children });
  const port = await choosePort({ purpose: 'Temporal', preferred: TEMPORAL_PORT, note });
  const uiPort = await choosePort({
    purpose: "Temporal's UI",
    preferred: TEMPORAL_UI_PORT,
    except: [port],
    note,
  });
  return startTemporalServer({ cli, dataDir, port, uiPort, children, signal });
}

const HTTP_PORT = 3000;

/** Where the service listens. A port that the user has chosen is not changed. @throws Error when that is busy. */
export async function chooseHttpPort(options: {
  chosen: number | undefined;
  host: string;
  note: (line: string) => void;
}): Promise<number> {
  const { chosen, host, note } = options;
  if (chosen === undefined) return choosePort({ purpose: 'kombo-sync', preferred: HTTP_PORT, host, note });
  if (chosen === 0 || (await isFree(chosen, host))) return chosen;
  throw new Error(
    `PORT is ${chosen}, and that port is busy. End what uses it, set PORT to another one, or leave it out.`,
  );
}
