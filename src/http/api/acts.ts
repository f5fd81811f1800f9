import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { pauseIntegration, resumeIntegration } from '../../operations/integrations.ts';
import { cancelSyncs, fullSync, syncNow } from '../../operations/syncs.ts';
import { readTotals } from '../../store/reports/overview.ts';
import { act, operationDeps } from './acting.ts';
import type { ApiDeps } from './deps.ts';
import { askPostgres } from './asking.ts';
import {
  actHeaders,
  cancelledSchema,
  fullSyncBody,
  fullSyncsBody,
  fullSyncsSchema,
  pauseBody,
  pausedSchema,
  reasonBody,
  resumedSchema,
  syncBody,
} from './schemas/acts.ts';
import { integrationParams } from './schemas/common.ts';
import { problemsOfActing, problemsOfActingOnOne, success } from './schemas/problems.ts';
import { startedSchema } from './schemas/syncs.ts';

const tags = ['acts'];
const PER_MINUTE = 60;

/** Acts on integrations that exist: syncs, pauses, cancellations. */
export function actRoutes(deps: ApiDeps): FastifyPluginCallbackZod {
  const { links, store } = deps;

  return (app, _options, done) => {
    app.post(
      '/integrations/:id/sync',
      {
        schema: {
          tags,
          operationId: 'syncNow',
          summary: 'Read what has changed now, without waiting for a webhook',
          params: integrationParams,
          headers: actHeaders,
          body: syncBody,
          response: { 202: success('A worker has accepted it', startedSchema), ...problemsOfActingOnOne },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const run = await act(deps, request, (own) => syncNow(own, id, { models: request.body?.models }));
        return reply.code(202).send(run);
      },
    );

    app.post(
      '/integrations/:id/full-sync',
      {
        schema: {
          tags,
          operationId: 'fullSync',
          summary: 'Read everything again, find deletions, and report drift',
          description:
            'An integration has one full sync by hand at a time. Asking again joins it; its options stay.',
          params: integrationParams,
          headers: actHeaders,
          body: fullSyncBody,
          response: { 202: success('It runs', startedSchema), ...problemsOfActingOnOne },
        },
      },
      async (request, reply) => {
        const options = request.body ?? {};
        const run = await act(deps, request, (own) => fullSync(own, request.params.id, options));
        return reply.code(202).send(run);
      },
    );

    app.post(
      '/full-syncs',
      {
        schema: {
          tags,
          operationId: 'fullSyncAll',
          summary: 'Read everything of every active integration again',
          description:
            'Answers at once and starts the syncs afterwards, at a pace. The audit log has the outcome as full-sync-all. Each sync is the workflow full-sync/<integrationId>; if it runs already, this request joins it.',
          headers: actHeaders,
          body: fullSyncsBody,
          response: { 202: success('What is going to happen', fullSyncsSchema), ...problemsOfActing },
        },
      },
      async (request, reply) => {
        const { perMinute = PER_MINUTE, ...options } = request.body ?? {};
        const { byStatus } = await askPostgres(readTotals(store));
        const round = deps.fullSyncs.begin(operationDeps(deps, request), {
          integrations: byStatus.active,
          perMinute,
          options,
          startedAt: new Date(),
        });
        const { plan, alreadyRunning } = round;
        const { options: asked, ...rest } = plan;
        return reply.code(202).send({
          ...rest,
          since: asked.since ?? null,
          minutes: Math.floor(plan.integrations / plan.perMinute),
          alreadyRunning,
          temporalUrl: links.fullSyncs(),
        });
      },
    );

    app.post(
      '/integrations/:id/cancel',
      {
        schema: {
          tags,
          operationId: 'cancelSyncs',
          summary:
            'Cancel what runs for an integration; what was not read is owed, and the next sync reads it',
          params: integrationParams,
          headers: actHeaders,
          body: reasonBody,
          response: { 200: success('What was cancelled', cancelledSchema), ...problemsOfActingOnOne },
        },
      },
      async (request, reply) =>
        reply.send(
          await act(deps, request, (own) => cancelSyncs(own, request.params.id, request.body ?? {})),
        ),
    );

    app.post(
      '/integrations/:id/pause',
      {
        schema: {
          tags,
          operationId: 'pauseIntegration',
          summary: 'Stop reading an integration until you resume it',
          description: 'Webhooks are still accepted, and what they name is read later.',
          params: integrationParams,
          headers: actHeaders,
          body: pauseBody,
          response: { 200: success('It is paused', pausedSchema), ...problemsOfActingOnOne },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const { reason } = request.body;
        return reply.send(await act(deps, request, (own) => pauseIntegration(own, id, reason)));
      },
    );

    app.post(
      '/integrations/:id/resume',
      {
        schema: {
          tags,
          operationId: 'resumeIntegration',
          summary: 'Resume a paused integration, beginning with what it missed',
          params: integrationParams,
          headers: actHeaders,
          body: reasonBody,
          response: { 200: success('It is not paused any more', resumedSchema), ...problemsOfActingOnOne },
        },
      },
      async (request, reply) =>
        reply.send(
          await act(deps, request, (own) => resumeIntegration(own, request.params.id, request.body ?? {})),
        ),
    );
    done();
  };
}
