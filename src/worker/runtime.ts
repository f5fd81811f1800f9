import { makeTelemetryFilterString, Runtime, type LogLevel, type LogMetadata } from '@temporalio/worker';
import type { Logger } from '../log.ts';
import { causesOf } from '../outages/index.ts';

let installed = false;

/** The SDK's information (bundling, worker states) is only detail to you. */
const LEVELS: Record<LogLevel, 'trace' | 'debug' | 'warn' | 'error'> = {
  TRACE: 'trace',
  DEBUG: 'trace',
  INFO: 'debug',
  WARN: 'warn',
  ERROR: 'error',
};

/**
 * Sends the SDK's log through ours, and leaves signals to the process, which stops its parts in order.
 * The SDK has one runtime for a process, so only the first call counts.
 */
export function installRuntime(log: Logger): void {
  if (installed) return;
  installed = true;
  const write = (level: LogLevel, message: string, meta?: LogMetadata) => {
    log[LEVELS[level]](describe(meta), message);
  };
  Runtime.install({
    logger: {
      log: write,
      trace: (message, meta) => write('TRACE', message, meta),
      debug: (message, meta) => write('DEBUG', message, meta),
      info: (message, meta) => write('INFO', message, meta),
      warn: (message, meta) => write('WARN', message, meta),
      error: (message, meta) => write('ERROR', message, meta),
    },
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'WARN' }), forward: {} } },
    shutdownSignals: [],
  });
}

/** Keeps only plain values and messages of errors. Other nested values stay out of the log. */
function describe(meta: LogMetadata | undefined): Record<string, unknown> {
  const entries = Object.entries(meta ?? {}).filter(([key]) => key !== 'sdkComponent');
  return Object.fromEntries(
    entries.flatMap(([key, value]): [string, unknown][] => {
      if (value instanceof Error) return [[key, textOf(value)]];
      return ['string', 'number', 'boolean'].includes(typeof value) ? [[key, value]] : [];
    }),
  );
}

/** An error with its causes, which say why. */
const textOf = (error: Error) =>
  causesOf(error)
    .map(({ name, message }) => `${name}: ${message}`)
    .join(': ');
