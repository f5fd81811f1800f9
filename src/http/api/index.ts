import type { FastifyPluginAsync } from 'fastify';
import type { ApiDeps } from './deps.ts';
import { addIdempotency } from './idempotency.ts';
import { HttpError } from '../errors/problems.ts';
import { noteRefusal } from '../access/refusals.ts';
import { noQuery } from './schemas/common.ts';
import { actRoutes } from './acts.ts';
import { consumerRoutes } from './consumers.ts';
import { historyRoutes } from './history.ts';
import { integrationRoutes } from './integrations.ts';
import { reportRoutes } from './reports.ts';

/** `/api/v1`: the admin API, behind the admin token and its limits. */
export function apiRoutes(deps: ApiDeps): FastifyPluginAsync {
  const { gate } = deps;
  return async (app) => {
    app.addHook('onRequest', async (request, reply) => {
      reply.header('cache-control', 'no-store');
      try {
        gate.requireToken(request);
      } catch (error) {
        const isStranger = error instanceof HttpError && error.code !== 'read_only';
        if (isStranger) noteRefusal(deps, request, { at: 'api', code: error.code });
        // While it is closed there is no token to guess.
        if (isStranger && gate.configured) await app.limits.countRefused(request, reply);
        throw error;
      }
      await app.limits.countAllowed(request, reply);
    });
    // An unknown parameter is refused as a slip, also on routes without parameters.
    app.addHook('onRoute', (route) => {
      route.schema = { querystring: noQuery, ...route.schema };
    });
    addIdempotency(app, deps.store);
    for (const routes of [integrationRoutes, actRoutes, historyRoutes, reportRoutes, consumerRoutes]) {
      await app.register(routes(deps));
    }
  };
}
