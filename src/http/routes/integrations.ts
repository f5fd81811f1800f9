import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { findIntegration, type Integration } from '../../store/integrations.ts';
import { findOverview, listOverview } from '../../store/overview.ts';
import { endpointStatuses, syncHistory } from '../../store/status.ts';
import { describeSchedule } from '../../temporal/schedule-state.ts';
import { requestSyncNow, startFullSync } from '../../temporal/start.ts';
import type { HttpDeps } from '../deps.ts';
import type { AdminGate } from '../plugins/admin-token.ts';
import { HttpError } from '../plugins/errors.ts';
import {
  errorSchema,
  fullSyncBody,
  integrationDetailSchema,
  integrationParams,
  integrationSchema,
  startedSchema,
  syncBody,
  syncSchema,
} from '../schemas.ts';
import { within } from '../within.ts';

const TEMPORAL_TIMEOUT_MS = 5_000;

const tags = ['integrations'];
const failures = { 401: errorSchema, 403: errorSchema, 503: errorSchema };
const failuresOfOne = { ...failures, 400: errorSchema, 404: errorSchema };

/** `/api/v1/integrations`: how they are doing, and syncs by hand. */
export function integrationRoutes(deps: HttpDeps & { gate: AdminGate }): FastifyPluginCallbackZod {
  const { config, store, temporal } = deps;

  const askTemporal = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      const deadline = Date.now() + TEMPORAL_TIMEOUT_MS;
      return await within(TEMPORAL_TIMEOUT_MS, temporal.client.withDeadline(deadline, work));
    } catch (cause) {
      throw new HttpError(
        503,
        'temporal_unavailable',
        'Temporal did not answer in time; see /readyz, and check that a worker runs.',
        { cause },
      );
    }
  };
  const getIntegration = async (id: string): Promise<Integration> => {
    const integration = await askPostgres(findIntegration(store, id));
    if (integration) return integration;
    throw new HttpError(404, 'not_found', 'There is no integration with this id.');
  };

  return (app, _options, done) => {
    app.addHook('onRequest', (request, _reply, next) => {
      deps.gate.requireToken(request);
      next();
    });

    app.get(
      '/integrations',
      {
        schema: {
          tags,
          summary: 'All integrations',
          response: { 200: z.object({ integrations: z.array(integrationSchema) }), ...failures },
        },
      },
      async () => ({
        integrations: (await askPostgres(listOverview(store, {}, config.EXTRA_ENDPOINTS))).integrations,
      }),
    );

    app.get(
      '/integrations/:id',
      {
        schema: {
          tags,
          summary: 'One integration with its endpoints and schedules',
          params: integrationParams,
          response: { 200: integrationDetailSchema, ...failuresOfOne },
        },
      },
      async (request, reply) => {
        const { id } = await getIntegration(request.params.id);
        const [status, endpoints, schedules] = await Promise.all([
          askPostgres(findOverview(store, id, config.EXTRA_ENDPOINTS)),
          askPostgres(endpointStatuses(store, id, config.EXTRA_ENDPOINTS)),
          askTemporal(() => describeSchedule(temporal.client, id)).catch(() => undefined),
        ]);
        if (!status) throw new HttpError(404, 'not_found', 'There is no integration with this id.');
        return reply.send({
          ...status,
          endpoints,
          schedules: schedules
            ? { fullSync: schedules.fullSync ?? null, catchUp: schedules.catchUp ?? null }
            : null,
        });
      },
    );

    app.get(
      '/integrations/:id/syncs',
      {
        schema: {
          tags,
          summary: 'Its syncs, newest first',
          params: integrationParams,
          querystring: z.object({ limit: z.coerce.number().int().min(1).max(200).default(20) }),
          response: { 200: z.object({ syncs: z.array(syncSchema) }), ...failuresOfOne },
        },
      },
      async (request, reply) => {
        const { id } = await getIntegration(request.params.id);
        return reply.send({ syncs: await askPostgres(syncHistory(store, id, request.query.limit)) });
      },
    );

    app.post(
      '/integrations/:id/sync',
      {
        schema: {
          tags,
          summary: 'Delta now, without waiting for a webhook',
          params: integrationParams,
          body: syncBody,
          response: { 202: startedSchema, ...failuresOfOne },
        },
      },
      async (request, reply) => {
        const { id } = await getIntegration(request.params.id);
        const models = request.body?.models;
        const { workflowId, runId } = await askTemporal(() =>
          requestSyncNow(temporal.client, config, { integrationId: id, ...(models ? { models } : {}) }),
        );
        return reply.code(202).send({ workflowId, runId, alreadyRunning: false });
      },
    );

    app.post(
      '/integrations/:id/full-sync',
      {
        schema: {
          tags,
          summary: 'Full sync now; the one that runs when one runs already',
          params: integrationParams,
          body: fullSyncBody,
          response: { 202: startedSchema, ...failuresOfOne },
        },
      },
      async (request, reply) => {
        const { id, tool, category } = await getIntegration(request.params.id);
        const { models, since, allowMassDeletion } = request.body ?? {};
        const started = await askTemporal(() =>
          startFullSync(temporal.client, config, {
            integrationId: id,
            tool,
            category,
            trigger: 'manual',
            ...(models ? { models } : {}),
            ...(since ? { since } : {}),
            ...(allowMassDeletion ? { allowMassDeletion } : {}),
          }),
        );
        return reply.code(202).send({
          workflowId: started.handle.workflowId,
          runId: started.runId,
          alreadyRunning: started.alreadyRunning,
        });
      },
    );
    done();
  };
}

async function askPostgres<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new HttpError(503, 'database_unavailable', 'Postgres did not answer; see /readyz.', { cause });
  }
}
