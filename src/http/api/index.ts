import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import type { ApiDeps } from './deps.ts';
import { addIdempotency } from './idempotency.ts';
import { HttpError } from '../errors/problems.ts';
import { noQuery } from './schemas/common.ts';
import { actRoutes } from './acts.ts';
import { historyRoutes } from './history.ts';
import { integrationRoutes } from './integrations.ts';
import { reportRoutes } from './reports.ts';

/** `/api/v1`: the admin API, behind the admin token and its limits. */
export function apiRoutes(deps: ApiDeps): FastifyPluginAsync {
  const { gate } = deps;
  return async (app) => {
    app.addHook('onRequest', async (request, reply) => {
      reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
      // While it is closed there is no token to guess.
      if (gate.configured) await app.limits.refuseGuessing(request, reply);
      try {
        gate.requireToken(request);
      } catch (error) {
        logRefusedAct(request, error);
        if (gate.configured) await app.limits.countRefused(request, reply);
        throw error;
      }
      await app.limits.countAllowed(request, reply);
    });
    // A parameter that is not known is a slip, also where none is.
    app.addHook('onRoute', (route) => {
      route.schema = { querystring: noQuery, ...route.schema };
    });
    addIdempotency(app, deps.store);
    for (const routes of [integrationRoutes, actRoutes, historyRoutes, reportRoutes]) {
      await app.register(routes(deps));
    }
  };
}

/** In the log only: the audit log is kept for good, and who has no token must not be able to fill it. */
function logRefusedAct(request: FastifyRequest, error: unknown): void {
  const { method, routeOptions, params, ip: address, log } = request;
  if (method === 'GET' || method === 'HEAD' || !(error instanceof HttpError)) return;
  const { id: integrationId } = params as { id?: string };
  const { code } = error;
  log.warn({ address, method, route: routeOptions.url, integrationId, code }, 'An act was refused');
}
