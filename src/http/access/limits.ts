import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { HttpError } from '../errors/problems.ts';

const MINUTE_MS = 60_000;
/** From one address: requests with the right token, and requests without it, counted separately. */
const REQUESTS_PER_MINUTE = 300;
/** Wrong tokens from one address, at the API and at the login. */
const TRIES_PER_MINUTE = 10;

/**
 * Each throws HttpError 429 if there were too many. They count separately, so that wrong tokens never block the right
 * one: behind a proxy many callers share one address, and each could lock out the others.
 */
interface Limits {
  /** Counts a request with the right token. */
  countAllowed(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  /** Counts a request with a wrong token or none. */
  countRefused(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  /** Counts a login with a wrong token. */
  countLogin(request: FastifyRequest, reply: FastifyReply): Promise<void>;
}

declare module 'fastify' {
  interface FastifyInstance {
    limits: Limits;
  }
}

type Outcome = Exclude<
  Awaited<ReturnType<ReturnType<FastifyInstance['createRateLimit']>>>,
  { isAllowed: true }
>;

/**
 * Limits by address for the admin API and the login only: webhooks and probes must get through. Each process counts for
 * itself. They bound the load of guessing. The token's randomness protects it from being guessed.
 */
export const limits = fp(
  async (app) => {
    await app.register(rateLimit, { global: false });
    const create = (max: number) => app.createRateLimit({ max, timeWindow: MINUTE_MS });
    const allowed = create(REQUESTS_PER_MINUTE);
    const strangers = create(REQUESTS_PER_MINUTE);
    const wrongTokens = create(TRIES_PER_MINUTE);
    const logins = create(TRIES_PER_MINUTE);
    const count = async (limit: typeof logins, request: FastifyRequest, reply: FastifyReply) => {
      const outcome = await limit(request);
      if (outcome.isAllowed) return;
      setHeaders(reply, outcome);
      if (outcome.isExceeded) throw tooMany(outcome.ttlInSeconds);
    };

    app.decorate('limits', {
      countAllowed: (request, reply) => count(allowed, request, reply),
      countRefused: (request, reply) =>
        count(request.headers.authorization === undefined ? strangers : wrongTokens, request, reply),
      countLogin: (request, reply) => count(logins, request, reply),
    } satisfies Limits);
  },
  { name: 'limits' },
);

function setHeaders(reply: FastifyReply, outcome: Outcome): void {
  reply.headers({
    'ratelimit-limit': outcome.max,
    'ratelimit-remaining': outcome.remaining,
    'ratelimit-reset': outcome.ttlInSeconds,
  });
}

function tooMany(seconds: number): HttpError {
  const retryAfter = Math.max(1, seconds);
  const message = `Too many requests from this address; try again in ${retryAfter} s.`;
  return new HttpError(429, 'too_many_requests', message, { retryAfter });
}
