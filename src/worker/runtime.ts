import { makeTelemetryFilterString, Runtime, type LogLevel, type LogMetadata } from '@temporalio/worker';
import type { Logger } from '../log.ts';
import { createBuffer, TemporalMetrics } from './temporal-metrics.ts';
import { causesOf } from '../outages/index.ts';

let installed = false;
let measured: TemporalMetrics | undefined;

/** The metrics of the SDK; undefined unless the runtime was installed with them. */
export const temporalMetrics = (): TemporalMetrics | undefined => measured;

/** What the SDK calls information (bundling, worker states) is detail to an operator. Our own activities mean what they say. */
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
 *
 * @param options.metrics keeps the metrics of the SDK for `temporalMetrics`.
 */
export function installRuntime(log: Logger, { metrics = false }: { metrics?: boolean } = {}): void {
  if (installed) return;
  installed = true;
  const write = (level: LogLevel, message: string, meta?: LogMetadata) => {
    if (meta?.['sdkComponent'] === 'activity') log[OWN_LEVELS[level]](describeOwn(meta), message);
    else log[LEVELS[level]](describe(meta), message);
  };
  const buffer = metrics ? createBuffer() : undefined;
  Runtime.install({
    logger: {
      log: write,
      trace: (message, meta) => write('TRACE', message, meta),
      debug: (message, meta) => write('DEBUG', message, meta),
      info: (message, meta) => write('INFO', message, meta),
      warn: (message, meta) => write('WARN', message, meta),
      error: (message, meta) => write('ERROR', message, meta),
    },
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'WARN' }), forward: {} },
      ...(buffer ? { metrics: { buffer, attachServiceName: false } } : {}),
    },
    shutdownSignals: [],
  });
  if (buffer) measured = new TemporalMetrics(buffer);
}

const OWN_LEVELS: Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};

/** What the SDK adds to the lines of an activity and does not help to find its run. */
const LEFT_OUT = new Set([
  'sdkComponent',
  'isLocal',
  'taskToken',
  'namespace',
  'taskQueue',
  'workflowType',
  'activityId',
  'activityType',
  'workflowRunId',
]);

/** A line of ours, with the run that it belongs to. */
function describeOwn(meta: LogMetadata): Record<string, unknown> {
  const said = Object.entries(meta).filter(([key]) => !LEFT_OUT.has(key));
  return {
    ...Object.fromEntries(said),
    runId: meta['workflowRunId'],
    activity: meta['activityType'],
  };
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
