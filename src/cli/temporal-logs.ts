import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Logger } from '../log.ts';

const LEVELS = { TRACE: 'trace', DEBUG: 'trace', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;

/**
 * Lets Temporal's SDK write to our log. What it finds worth an INFO (bundling, states of the worker) is detail to an
 * operator. Must come before anything else of the SDK's worker.
 */
export function routeTemporalLogs(log: Logger): void {
  Runtime.install({
    logger: new DefaultLogger('DEBUG', ({ level, message, meta }) => {
      log[LEVELS[level]]({ ...meta }, message);
    }),
  });
}
