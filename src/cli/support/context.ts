import { hostname, userInfo } from 'node:os';
import { loadConfig, type Config, type Required } from '../../config.ts';
import { createLogger, type Logger } from '../../log.ts';
import type { OperationDeps } from '../../operations/deps.ts';
import { komboByHand, type KomboByHand } from '../../operations/kombo-by-hand.ts';
import { routeKombo } from '../../settings/proxy.ts';
import type { ShowDeps } from '../../operations/show.ts';
import { openConfigured, type Store } from '../../store/database.ts';
import type { TemporalHandle } from '../../temporal/connect.ts';
import { createTemporalLinks, type TemporalUi } from '../../temporal/ui.ts';
import { startTracing } from '../../tracing/index.ts';
import { packageVersion } from '../../version.ts';
import { Ended, type ExitCode } from './errors.ts';
import { createLiveLine, type LiveLine } from './live-line.ts';
import type { Output } from './output.ts';
import { onLostReader } from './readers.ts';
import { jsonText, screenText } from './terminal.ts';

/** What a command works with. Each part is opened when it is first used, and closed when the command ends. */
export interface Context {
  readonly config: Config;
  readonly json: boolean;
  log(): Logger;
  store(): Store;
  temporal(): Promise<TemporalHandle>;
  kombo(): KomboByHand;
  /** What commands that show something need: settings, Postgres, and links to Temporal's UI. */
  reading(): Promise<ShowDeps>;
  /** The user of this machine, for the audit log. */
  actor(): OperationDeps['actor'];
  /** What the functions in `src/operations` need. */
  operations(): Promise<OperationDeps>;
  /** Traces what follows, if the environment asks for it. */
  trace(process: 'serve' | 'worker'): Promise<void>;
  /** The result of the command: the document with `--json`, else the text. Called once. */
  print(document: unknown, text: () => string): void;
  /** Says on stderr what happens. */
  note(text: string): void;
  /** The line of stderr that shows the progress of a command. */
  readonly live: LiveLine;
  /**
   * Aborts on SIGINT, SIGTERM or SIGHUP, and when stdout has lost its reader. A second signal ends the process at once.
   */
  stopSignal(): AbortSignal;
}

/** Does the work of a command. The exit code is 0 unless the handler returns another one or throws. */
export type Handler<A extends unknown[]> = (context: Context, ...args: A) => Promise<ExitCode | void>;

/**
 * Runs a handler with the settings, which must include `required`, and then closes what was opened. `endOf` prints the
 * errors that it throws.
 *
 * @throws Ended with the exit code of the handler, if it is not 0.
 */
export async function runHandler<A extends unknown[]>(
  required: readonly Required[],
  handler: Handler<A>,
  args: A,
  output: Output,
): Promise<void> {
  const config = loadConfig(undefined, required);
  routeKombo(config);
  const { context, close } = createContext(config, isJson(args.at(-1)), output);
  let exitCode: ExitCode | void;
  try {
    exitCode = await handler(context, ...args);
  } finally {
    await close();
  }
  if (exitCode) throw new Ended(exitCode);
}

function isJson(options: unknown): boolean {
  return typeof options === 'object' && options !== null && 'json' in options && options.json === true;
}

function createContext(
  config: Config,
  json: boolean,
  output: Output,
): { context: Context; close: () => Promise<void> } {
  const closers: (() => Promise<void>)[] = [];
  const closing = <T extends { close(): Promise<void> }>(resource: T): T => {
    closers.push(() => resource.close());
    return resource;
  };
  const live = createLiveLine({
    isTTY: process.stderr.isTTY,
    columns: process.stderr.columns,
    write: (text) => output.writeErr(text),
  });
  const context: Context = {
    config,
    json,
    log: once(() => createLogger({ level: config.LOG_LEVEL, format: config.LOG_FORMAT })),
    store: once(() => closing(openConfigured(config))),
    temporal: once(async () => closing(await (await loadTemporal()).connectTemporal())),
    kombo: once(() => komboByHand(config, context.store())!),
    actor: () => ({ name: localUser(), source: 'cli', address: null }),
    reading: async () => ({
      config,
      store: context.store(),
      links: createTemporalLinks(await temporalUiOf(config)),
    }),
    operations: async () => ({
      ...(await context.reading()),
      temporal: await context.temporal(),
      actor: context.actor(),
    }),
    trace: async (process) => {
      closing({ close: await startTracing({ process, version: packageVersion(), log: context.log() }) });
    },
    live,
    print: (document, text) => {
      live.clear();
      output.writeOut(json ? jsonText(document) : screenText(text()));
    },
    note: (text) => live.say(text),
    stopSignal: once(listenForStop),
  };
  const close = async () => {
    live.clear();
    for (const closer of closers.toReversed()) await closer().catch(() => {});
  };
  return { context, close };
}

/** For example `root@build-7`. A container may run as a user without a name. */
function localUser(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return `${process.getuid?.() ?? 'user'}@${hostname()}`;
  }
}

async function temporalUiOf({ TEMPORAL_UI_URL: url }: Config): Promise<TemporalUi | undefined> {
  if (url === undefined) return undefined;
  const { readEnvironment } = await loadTemporal();
  return { url, namespace: readEnvironment().namespace };
}

/** Temporal's client takes longer to load than everything else, and many commands do not need it. */
const loadTemporal = () => import('../../temporal/connect.ts');

/** On Ctrl-C, both the terminal and npm send the signal: two signals this close together count as one. */
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
  onLostReader(() => controller.abort());
  return controller.signal;
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
