import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { Counter } from 'prom-client';
import { sendError } from '../errors/problems.ts';
import type { Sampler } from './sampling.ts';

const EVERY_MS = 250;
const MAX_LAG_MS = 1_000;
const RETRY_AFTER_SECONDS = 5;

/**
 * Measures how late the event loop is, in milliseconds. The smallest of the last three measurements counts: a single
 * long turn is over by the time it is measured, and needs no help.
 */
export function measureLag(): { lagMs: () => number; stop: () => void } {
  let expected = performance.now() + EVERY_MS;
  let measures = [0, 0, 0];
  const timer = setInterval(() => {
    const now = performance.now();
    measures = [...measures.slice(1), Math.max(0, now - expected)];
    expected = now + EVERY_MS;
  }, EVERY_MS).unref();
  return { lagMs: () => Math.min(...measures), stop: () => clearInterval(timer) };
}

/**
 * Refuses requests with 503 while the event loop lags, so that the remaining time goes to webhooks.
 *
 * @param spared routes that are still answered: cheap ones, and those that bound themselves. Requests without a route
 * are answered too.
 */
export function shedLoad(
  app: FastifyInstance,
  deps: { lagMs: () => number; metrics: { shed: Counter }; sample: Sampler; log: FastifyBaseLogger },
  spared: readonly string[],
): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { url } = request.routeOptions;
    if (deps.lagMs() <= MAX_LAG_MS || url === undefined || spared.includes(url)) return done();
    deps.metrics.shed.inc();
    const sample = deps.sample('shed');
    if (sample)
      deps.log.warn(
        { lagMs: Math.round(deps.lagMs()), ...sample },
        'The event loop lags: requests are refused',
      );
    reply.headers({ connection: 'close', 'retry-after': RETRY_AFTER_SECONDS });
    sendError(reply, 503, 'overloaded', 'The service has too much to do; try again.');
  });
}
