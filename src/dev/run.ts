import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { loadConfig, type Config } from '../config.ts';
import { defined } from '../domain/defined.ts';
import { createLogger } from '../log.ts';
import { setup, setupProblems } from '../operations/setup.ts';
import { openConfigured } from '../store/database.ts';
import { startTracing } from '../tracing/index.ts';
import { packageVersion } from '../version.ts';
import { connectTemporal } from '../temporal/connect.ts';
import { workAgain } from './demo/ask-again.ts';
import { aborted } from './demo/first-sync.ts';
import { startSandbox } from './demo/sandbox.ts';
import { removeEnvironmentFile, writeEnvironmentFile } from './environment-file.ts';
import { operate, type DevOptions, type Ground } from './operate.ts';
import type { EmbeddedPostgres } from './postgres/server.ts';
import { Children } from './processes/children.ts';
import { claimDataDir } from './processes/claim.ts';
import { makeFolder } from './processes/folder.ts';
import { Parts } from './processes/parts.ts';
import { LOOPBACK } from './processes/ports.ts';
import { requireFreePort, startOwnPostgres, startOwnTemporal, type ServersOptions } from './servers.ts';
import { applySettings, demoSettings, isSet, ownTemporal } from './settings.ts';
import { loadState } from './state.ts';
import type { TemporalServer } from './temporal/server.ts';

const SANDBOX_KEY = 'ks_dev_sandbox';

/**
 * Runs everything in this process and its children until the signal aborts. Your settings replace our parts:
 * KOMBO_API_KEY the sandbox, DATABASE_URL the embedded Postgres, TEMPORAL_ADDRESS the Temporal server.
 *
 * @throws Error with the remedy if a part does not start, or ends by itself. All other parts are stopped then too.
 */
export async function runDev(options: DevOptions): Promise<void> {
  const parts = new Parts();
  try {
    await operate(options, await prepare(options, parts), parts);
  } catch (error) {
    if (!options.signal.aborted) throw error;
  } finally {
    if (options.signal.aborted) options.output.say('Stopping …');
    await parts.stop();
  }
}

/** Starts what the service and the worker need, and decides their settings. */
async function prepare(options: DevOptions, parts: Parts): Promise<Ground> {
  const { env, config: given, output, signal } = options;
  // The files of this process and its servers hold passwords and data.
  process.umask(0o077);
  if (isSet(env, 'PORT')) await requireFreePort(given.PORT, LOOPBACK);
  const dataDir = path.resolve(given.DATA_DIR);
  requireFolder(dataDir);
  await parts.start({ name: 'The claim', start: () => claimDataDir(dataDir), stop: (release) => release() });
  const note = (line: string) => output.say(line);
  const children = await parts.start({
    name: 'The children',
    start: () => new Children(dataDir),
    stop: ({ endNow }) => endNow(),
  });
  const cleared = await children.clearLeftovers();
  if (cleared.length > 0) note(`Ended processes of an earlier run: ${cleared.join(', ')}.`);
  removeEnvironmentFile(dataDir);

  const state = loadState(dataDir);
  const { postgres, temporal } = await startServers(
    given,
    { env, dataDir, children, state, note, signal },
    parts,
  );
  const ownServer = temporal && ownTemporal(env, temporal.address, dataDir);
  if (ownServer) applySettings(ownServer);

  const webhookSecret = given.KOMBO_WEBHOOK_SECRETS[0]?.reveal() ?? state.webhookSecret;
  const sandbox = given.KOMBO_API_KEY
    ? undefined
    : await parts.start({
        name: 'The sandbox',
        start: () => startSandbox({ dataDir, apiKey: SANDBOX_KEY, webhookSecret }),
        stop: (running) => running.close(),
      });

  const settings = defined({
    KOMBO_API_KEY: sandbox && SANDBOX_KEY,
    KOMBO_API_URL: sandbox?.url,
    DATABASE_URL: postgres?.url,
    TEMPORAL_UI_URL: given.TEMPORAL_UI_URL ? undefined : temporal?.uiUrl,
    KOMBO_WEBHOOK_SECRETS: given.KOMBO_WEBHOOK_SECRETS.length > 0 ? undefined : webhookSecret,
    ADMIN_TOKEN: given.ADMIN_TOKEN ? undefined : state.adminToken,
    ...(sandbox && demoSettings(env)),
  });
  // HOST is for `serve`. Conda and some shells export a HOST that is not an address.
  const config = { ...loadConfig({ ...env, ...settings }), HOST: LOOPBACK };
  const log = createLogger({
    level: isSet(env, 'LOG_LEVEL') ? config.LOG_LEVEL : 'warn',
    format: config.LOG_FORMAT,
  });

  await parts.start({
    name: 'The traces',
    start: () => startTracing({ process: 'dev', version: packageVersion(), log }, env),
    stop: (end) => end(),
  });
  const handle = await parts.start({
    name: 'The connection to Temporal',
    // A server that has just started can be slow on a busy machine.
    start: () => Promise.race([connectTemporal(temporal && '30s'), aborted(signal)]),
    stop: (connected) => connected.close(),
  });
  const store = await parts.start({
    name: 'The connections to Postgres',
    start: () => openConfigured(config),
    stop: (opened) => opened.close(),
  });
  const prepare = () => setup({ config, store, temporal: handle, log, note, signal });
  const done = await Promise.race([temporal ? workAgain(prepare) : prepare(), aborted(signal)]);
  for (const line of setupProblems(done)) note(line);
  await parts.start({
    name: 'The file of settings',
    start: () => writeEnvironmentFile(dataDir, { ...settings, ...ownServer }),
    stop: () => removeEnvironmentFile(dataDir),
  });
  return { config, store, handle, log, sandbox, postgres, temporal, dataDir, settings };
}

function requireFolder(dataDir: string): void {
  try {
    makeFolder(dataDir);
    accessSync(dataDir, constants.W_OK);
  } catch (cause) {
    throw new Error(
      `DATA_DIR is ${dataDir}, which cannot be written to. Set it to a folder of yours, for example /tmp/kombo-sync.`,
      { cause },
    );
  }
}

async function startServers(
  given: Config,
  servers: ServersOptions,
  parts: Parts,
): Promise<{ postgres: EmbeddedPostgres | undefined; temporal: TemporalServer | undefined }> {
  const failure = new AbortController();
  const signal = AbortSignal.any([servers.signal, failure.signal]);
  const start = <T extends EmbeddedPostgres | TemporalServer>(name: string, begin: () => Promise<T>) =>
    parts
      .start({ name, start: begin, stop: (server) => server.stop(), ended: (server) => server.ended })
      .catch((error: unknown) => {
        // Stops the start of the other server, which takes long if it must be built.
        failure.abort(error);
        throw error;
      });
  const [postgres, temporal] = await Promise.allSettled([
    given.DATABASE_URL ? undefined : start('Postgres', () => startOwnPostgres({ ...servers, signal })),
    isSet(servers.env, 'TEMPORAL_ADDRESS')
      ? undefined
      : start('The Temporal server', () => startOwnTemporal({ ...servers, signal })),
  ]);
  signal.throwIfAborted();
  if (postgres.status === 'rejected') throw postgres.reason;
  if (temporal.status === 'rejected') throw temporal.reason;
  return { postgres: postgres.value, temporal: temporal.value };
}
