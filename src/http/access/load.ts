import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { Counter } from 'prom-client';
import { sendError } from '../errors/problems.ts';
import type { Sampler } from './sampling.ts';

const EVERY_MS = 250;
const MAX_LAG_MS = 1_000;
const RETRY_AFTER_SECONDS = 5;

/**
 * Measures how late the event loop comes to its work, in milliseconds. The smallest one of the last three measures counts: a
 * single long turn is over when it has been measured, and needs no help.
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
 * Refuses requests with 503 while the event loop lags, so that what is left of it goes to webhooks.
 *
 * @param spared Routes that are answered all the same: cheap ones, and those that bound themselves. So is what has no route.
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
