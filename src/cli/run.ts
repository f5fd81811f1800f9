import { hostname, userInfo } from 'node:os';
import type { Config, Required } from '../config.ts';
import type { KomboClient } from '../kombo/client.ts';
import type { Logger } from '../log.ts';
import type { Store } from '../store/database.ts';
import type { OperationDeps } from '../operations/deps.ts';
import type { TemporalHandle } from '../temporal/connect.ts';
import { unreachable, type ExitCode } from './errors.ts';
import { createLiveLine, type LiveLine } from './live-line.ts';

/**
 * What a command works with. Everything is loaded and opened by its first use, and closed when the command ends, so that
 * `--help` and commands that need little stay fast.
 */
export interface Context {
  readonly config: Config;
  readonly json: boolean;
  log(): Promise<Logger>;
  store(): Promise<Store>;
  temporal(): Promise<TemporalHandle>;
  kombo(): Promise<KomboClient>;
  /** What the acts of `src/operations` work with; the actor is the user of this machine. */
  operations(): Promise<OperationDeps>;
  /** The result of the command: the document with `--json`, else the text. Called once. */
  print(document: unknown, text: () => string): void;
  /** Says on stderr what goes on. */
  note(text: string): void;
  /** The line of stderr that shows how far a command is. */
  readonly live: LiveLine;
  /** Aborts at SIGINT, SIGTERM or SIGHUP. A second signal ends the process at once. */
  stopSignal(): AbortSignal;
}

/** Does the work. The exit code is 0 unless it returns another one or throws. */
export type Handler<A extends unknown[]> = (context: Context, ...args: A) => Promise<ExitCode | void>;

/**
 * Makes a handler an action of commander: loads the settings, of which `required` must be there, and closes in the end
 * what was opened. Errors are thrown on; `main` says them.
 */
export function run<A extends unknown[]>(
  required: readonly Required[],
  handler: Handler<A>,
): (...args: unknown[]) => Promise<void> {
  return async (...args) => {
    // Commander passes the arguments, then the options, then the command.
    const given = args.slice(0, -1) as A;
    const { loadConfig } = await import('../config.ts');
    const { context, close } = createContext(loadConfig(undefined, required), isJson(given.at(-1)));
    try {
      const exitCode = await handler(context, ...given);
      if (exitCode) process.exitCode = exitCode;
    } finally {
      await close();
    }
  };
}

function isJson(options: unknown): boolean {
  return typeof options === 'object' && options !== null && 'json' in options && options.json === true;
}

function createContext(config: Config, json: boolean): { context: Context; close: () => Promise<void> } {
  const closers: (() => Promise<void>)[] = [];
  const opened = async <T extends { close(): Promise<void> }>(opening: Promise<T>): Promise<T> => {
    const resource = await opening;
    closers.push(() => resource.close());
    return resource;
  };
  const live = createLiveLine(process.stderr);
  const context: Context = {
    config,
    json,
    log: once(async () => {
      const { createLogger } = await import('../log.ts');
      return createLogger({ level: config.LOG_LEVEL, format: config.LOG_FORMAT });
    }),
    store: once(async () => {
      const { openStore } = await import('../store/database.ts');
      return opened(Promise.resolve(openStore(config.DATABASE_URL!)));
    }),
    temporal: once(() => opened(connect())),
    kombo: once(async () => {
      const { createKomboClient } = await import('../kombo/client.ts');
      return createKomboClient({ baseUrl: config.KOMBO_API_URL, apiKey: config.KOMBO_API_KEY! });
    }),
    operations: async () => ({
      config,
      store: await context.store(),
      temporal: await context.temporal(),
      actor: { name: localUser(), source: 'cli', address: null },
    }),
    live,
    print: (document, text) => {
      live.clear();
      process.stdout.write(json ? `${JSON.stringify(document)}\n` : `${text()}\n`);
    },
    note: (text) => live.say(text),
    stopSignal: onceSync(listenForStop),
  };
  const close = async () => {
    live.clear();
    for (const closer of closers.toReversed()) await closer().catch(() => {});
  };
  return { context, close };
}

/** As `root@build-7`. A container may run as a user without a name. */
function localUser(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return `${process.getuid?.() ?? 'user'}@${hostname()}`;
  }
}

async function connect(): Promise<TemporalHandle> {
  const { connectTemporal, temporalAddress } = await import('../temporal/connect.ts');
  return connectTemporal().catch((error: unknown) => {
    throw unreachable(
      `Temporal cannot be reached at ${temporalAddress()}. Check TEMPORAL_ADDRESS and that the server runs.`,
      error,
    );
  });
}

/** npm passes a Ctrl-C on that the terminal has sent to every process already: two signals this close are one. */
const SAME_SIGNAL_MS = 1_000;

function listenForStop(): AbortSignal {
  const controller = new AbortController();
  let abortedAt = 0;
  const stop = () => {
    if (!controller.signal.aborted) {
      abortedAt = performance.now();
      controller.abort();
    } else if (performance.now() - abortedAt > SAME_SIGNAL_MS) process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  return controller.signal;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  return onceSync(make);
}

function onceSync<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
