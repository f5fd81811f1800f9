import type { FastifyRequest } from 'fastify';
import type { Counter } from 'prom-client';
import type { Sampler } from './sampling.ts';

/**
 * Counts and logs callers without the right token. They do not get into the audit log, because it is kept forever, and
 * callers without a token must not be able to fill it.
 */
export function noteRefusal(
  { metrics, sample }: { metrics: { tokensRefused: Counter<'at' | 'token'> }; sample: Sampler },
  request: FastifyRequest,
  { at, code }: { at: 'api' | 'login'; code: string },
): void {
  const { method, routeOptions, params, ip: address, log } = request;
  const token = at === 'login' || request.headers.authorization !== undefined ? 'wrong' : 'none';
  metrics.tokensRefused.inc({ at, token });
  // Reading without a token is a slip and not logged. Acting without one is logged.
  if (token === 'none' && (method === 'GET' || method === 'HEAD')) return;
  const line = sample(`${at}-${token}`);
  if (!line) return;
  const { id: integrationId } = params as { id?: string };
  log.warn({ address, method, route: routeOptions.url, integrationId, code, ...line }, 'A token was refused');
}
