import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { addIntegration, removeIntegration } from '../../operations/integrations.ts';
import { notFound } from '../../operations/errors.ts';
import { requireIntegration } from '../../operations/require.ts';
import { listDeliveries } from '../../store/state/deliveries.ts';
import { findOverview, listOverview } from '../../store/reports/overview.ts';
import { endpointStatuses } from '../../store/reports/status.ts';
import { eraseWorkflowId } from '../../domain/names.ts';
import { describeSchedule } from '../../temporal/schedule-state.ts';
import { act, toStarted } from './acting.ts';
import type { ApiDeps } from './deps.ts';
import { askPostgres, askTemporal } from './asking.ts';
import { HttpError } from '../errors/problems.ts';
import { actHeaders } from './schemas/acts.ts';
import { integrationParams, toCursor } from './schemas/common.ts';
import {
  addBody,
  addedSchema,
  detailSchema,
  listQuery,
  listSchema,
  removedSchema,
  removeQuery,
} from './schemas/integrations.ts';
import {
  badGateway,
  problemsOfActingOnOne,
  problemsOfOne,
  problemsOfReading,
  success,
} from './schemas/problems.ts';

const tags = ['integrations'];
/** Kombo is asked first, and has half of it. */
const ADD_TEMPORAL_MS = 20_000;

/** `/api/v1/integrations`: which there are, how they are doing, and how they come and go. */
export function integrationRoutes(deps: ApiDeps): FastifyPluginCallbackZod {
  const { config, links, store, temporal } = deps;
  const { EXTRA_ENDPOINTS: extra } = config;

  return (app, _options, done) => {
    app.get(
      '/integrations',
      {
        schema: {
          tags,
          operationId: 'listIntegrations',
          summary: 'The integrations, in order of their ids, with how fresh they are',
          querystring: listQuery,
          response: { 200: success('A page of integrations', listSchema), ...problemsOfReading },
        },
      },
      async ({ query: { cursor, ...filter } }) => {
        const page = await askPostgres(listOverview(store, { ...filter, after: cursor?.[0] }, extra));
        return { integrations: page.entries, next: page.next === null ? null : toCursor([page.next]) };
      },
    );

    app.get(
      '/integrations/:id',
      {
        schema: {
          tags,
          operationId: 'getIntegration',
          summary: 'One integration with its endpoints, schedules and deliveries',
          params: integrationParams,
          response: { 200: success('The integration', detailSchema), ...problemsOfOne },
        },
      },
      async ({ params }) => {
        const { id } = await askPostgres(requireIntegration(store, params.id));
        const [overview, endpoints, deliveries, schedules] = await Promise.all([
          askPostgres(findOverview(store, id, extra)),
          askPostgres(endpointStatuses(store, id, extra)),
          askPostgres(listDeliveries(store, id)),
          askTemporal(temporal, () => describeSchedule(temporal.client, id)).catch(() => undefined),
        ]);
        if (!overview) throw notFound(`There is no integration ${id}.`);
        const { fullSync = null, catchUp = null } = schedules ?? {};
        return { ...overview, endpoints, deliveries, schedules: schedules ? { fullSync, catchUp } : null };
      },
    );

    app.post(
      '/integrations',
      {
        schema: {
          tags,
          operationId: 'addIntegration',
          summary: 'Look an integration up at Kombo, add it, and start its first full sync',
          description: 'Doing it again brings it up to date. It brings back one that was removed here.',
          headers: actHeaders,
          body: addBody,
          response: {
            200: success('It was here before, and is up to date', addedSchema),
            201: success('It has been added', addedSchema),
            ...problemsOfActingOnOne,
            ...badGateway,
          },
        },
      },
      async (request, reply) => {
        const { kombo } = deps;
        if (!kombo) {
          const message = 'Set KOMBO_API_KEY for serve too, so that integrations can be looked up at Kombo.';
          throw new HttpError(503, 'no_kombo_key', message);
        }
        const { id, sync } = request.body;
        const added = await act(deps, request, (own) => addIntegration({ ...own, kombo }, id, { sync }), {
          temporalMs: ADD_TEMPORAL_MS,
        });
        return reply
          .code(added.new ? 201 : 200)
          .send({ ...added, sync: added.sync && toStarted(links, added.sync) });
      },
    );

    app.delete(
      '/integrations/:id',
      {
        schema: {
          tags,
          operationId: 'removeIntegration',
          summary: 'Remove an integration: nothing is read for it any more, and its data are erased in time',
          params: integrationParams,
          querystring: removeQuery,
          headers: actHeaders,
          response: { 200: success('It is removed', removedSchema), ...problemsOfActingOnOne },
        },
      },
      async (request, reply) => {
        const { erase } = request.query;
        const { id } = request.params;
        const { eraseAt: at, ...done } = await act(deps, request, (own) =>
          removeIntegration(own, id, { erase }),
        );
        return reply.send({ ...done, erasure: at && { workflowId: eraseWorkflowId(id), at } });
      },
    );
    done();
  };
}
