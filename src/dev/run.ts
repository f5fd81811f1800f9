import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { loadConfig, type Config } from '../config.ts';
import { createLogger } from '../log.ts';
import { setup } from '../operations/setup.ts';
import { openStore } from '../store/database.ts';
import { connectTemporal } from '../temporal/connect.ts';
import { calledAs } from './called-as.ts';
import { Children } from './processes/children.ts';
import { claimDataDir } from './processes/claim.ts';
import { aborted } from './demo/first-sync.ts';
import { makeFolder } from './processes/folder.ts';
import { removeEnvironmentFile, writeEnvironmentFile } from './environment-file.ts';
import { operate, type DevFacts } from './operate.ts';
import type { Output } from './output.ts';
import { LOOPBACK } from './processes/ports.ts';
import { startSandbox } from './demo/sandbox.ts';
import { requireFreePort, startOwnPostgres, startOwnTemporal, type ServersOptions } from './servers.ts';
import { applySettings, demoSettings, isSet, ownTemporal, type Env } from './settings.ts';
import { loadState } from './state.ts';
import { Stops } from './processes/stops.ts';
import type { EmbeddedPostgres } from './postgres/server.ts';
import type { TemporalServer } from './temporal/server.ts';

const SANDBOX_KEY = 'ks_dev_sandbox';

export interface DevOptions {
  env: Env;
  /** The user's own settings. */
  config: Config;
  output: Output;
  signal: AbortSignal;
  /** Told once, when everything runs. */
  onReady?: (facts: DevFacts) => void;
}

/**
 * Runs everything in this process and its children until the signal aborts. What the user has set takes the place of a part
 * of ours: KOMBO_API_KEY of the sandbox, DATABASE_URL of Postgres, TEMPORAL_ADDRESS of the Temporal server.
 *
 * @throws Error with the remedy when a part does not start, or ends by itself. Nothing is left running then either.
 */
export async function runDev(options: DevOptions): Promise<void> {
  const stops = new Stops();
  try {
    await runUntilStopped(options, stops);
  } catch (error) {
    if (!options.signal.aborted) throw error;
  } finally {
    if (options.signal.aborted) options.output.say('Stopping …');
    await stops.run();
  }
}

async function runUntilStopped(options: DevOptions, stops: Stops): Promise<void> {
  const { env, config: given, output, signal } = options;
  // What it and its servers write holds passwords and data.
  process.umask(0o077);
  if (isSet(env, 'PORT')) await requireFreePort(given.PORT, LOOPBACK);
  const dataDir = path.resolve(given.DATA_DIR);
  requireFolder(dataDir);
  stops.add(claimDataDir(dataDir));
  const note = (line: string) => output.say(line);
  const children = new Children(dataDir);
  stops.add(children.endNow);
  const cleared = await children.clearLeftovers();
  if (cleared.length > 0) note(`Ended what an earlier run has left: ${cleared.join(', ')}.`);
  removeEnvironmentFile(dataDir);

  const state = loadState(dataDir);
  const servers: ServersOptions = { env, dataDir, children, state, note, signal };
  const { postgres, temporal } = await startServers(given, servers, stops);
  if (temporal) applySettings(ownTemporal(env, temporal.address, dataDir));

  const secret = given.KOMBO_WEBHOOK_SECRETS[0]?.reveal() ?? state.webhookSecret;
  const sandbox = given.KOMBO_API_KEY
    ? undefined
    : await startSandbox({ dataDir, apiKey: SANDBOX_KEY, webhookSecret: secret });
  if (sandbox) stops.add(() => sandbox.close());

  const demo = sandbox ? demoSettings(env) : {};
  const settings = {
    ...(sandbox ? { KOMBO_API_KEY: SANDBOX_KEY, KOMBO_API_URL: sandbox.url } : {}),
    ...(postgres ? { DATABASE_URL: postgres.url } : {}),
    ...(temporal?.uiUrl && !given.TEMPORAL_UI_URL ? { TEMPORAL_UI_URL: temporal.uiUrl } : {}),
    ...(given.KOMBO_WEBHOOK_SECRETS.length > 0 ? {} : { KOMBO_WEBHOOK_SECRETS: secret }),
    ...(given.ADMIN_TOKEN ? {} : { ADMIN_TOKEN: state.adminToken }),
    ...demo,
  };
  // HOST is for `serve`: conda and some shells export one that is no address.
  const config = { ...loadConfig({ ...env, ...settings }), HOST: LOOPBACK };
  const log = createLogger({
    level: isSet(env, 'LOG_LEVEL') ? config.LOG_LEVEL : 'warn',
    format: config.LOG_FORMAT,
  });

  // A server that has only just begun may take its time on a busy machine.
  const handle = await Promise.race([connectTemporal(temporal && '30s'), aborted(signal)]);
  stops.add(() => handle.close());
  const store = openStore(config.DATABASE_URL!);
  stops.add(() => store.close());
  await Promise.race([setup({ config, store, temporal: handle, log }), aborted(signal)]);
  const own = temporal && ownTemporal({}, temporal.address, dataDir);
  writeEnvironmentFile(dataDir, { ...settings, ...own });
  stops.add(() => removeEnvironmentFile(dataDir));

  await operate({
    config,
    store,
    log,
    sandbox,
    postgres,
    temporal,
    handle,
    dataDir,
    output,
    signal,
    stops,
    chosenPort: isSet(env, 'PORT') ? given.PORT : undefined,
    command: calledAs(env),
    demoSettings: Object.keys(demo),
    made: { webhookSecret: 'KOMBO_WEBHOOK_SECRETS' in settings, adminToken: 'ADMIN_TOKEN' in settings },
    onReady: options.onReady,
  });
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
  stops: Stops,
): Promise<{ postgres: EmbeddedPostgres | undefined; temporal: TemporalServer | undefined }> {
  const failure = new AbortController();
  const signal = AbortSignal.any([servers.signal, failure.signal]);
  const start = async <T extends { stop(): Promise<void> }>(wanted: boolean, begin: () => Promise<T>) => {
    if (!wanted) return undefined;
    try {
      const server = await begin();
      stops.add(() => server.stop());
      return server;
    } catch (error) {
      // The other one need not come up then, which can be long when it is being built.
      failure.abort(error);
      throw error;
    }
  };
  const [postgres, temporal] = await Promise.allSettled([
    start(!given.DATABASE_URL, () => startOwnPostgres({ ...servers, signal })),
    start(!isSet(servers.env, 'TEMPORAL_ADDRESS'), () => startOwnTemporal({ ...servers, signal })),
  ]);
  signal.throwIfAborted();
  if (postgres.status === 'rejected') throw postgres.reason;
  if (temporal.status === 'rejected') throw temporal.reason;
  return { postgres: postgres.value, temporal: temporal.value };
}
