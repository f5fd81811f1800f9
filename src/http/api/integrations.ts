import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { setIntegration } from '../../operations/choose.ts';
import { toCursor } from '../../operations/cursor.ts';
import { addIntegration, removeIntegration } from '../../operations/integrations.ts';
import { showIntegration } from '../../operations/show-detail.ts';
import { showIntegrations } from '../../operations/show.ts';
import { act } from './acting.ts';
import type { ApiDeps } from './deps.ts';
import { askPostgres, askTemporal } from './asking.ts';
import { HttpError } from '../errors/problems.ts';
import { actHeaders } from './schemas/acts.ts';
import { setBody, setSchema } from './schemas/choice.ts';
import { integrationParams } from './schemas/common.ts';
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
/** Temporal's deadline for adding an integration. It includes asking Kombo first, which may take half of it. */
const ADD_TEMPORAL_MS = 20_000;

/** `/api/v1/integrations`: lists, shows, adds, changes and removes integrations. */
export function integrationRoutes(deps: ApiDeps): FastifyPluginCallbackZod {
  const { temporal } = deps;

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
        const page = await askPostgres(showIntegrations(deps, { ...filter, after: cursor?.[0] }));
        return { ...page, next: page.next === null ? null : toCursor([page.next]) };
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
      ({ params: { id } }) =>
        askPostgres(
          showIntegration(deps, id, (work) =>
            askTemporal(temporal, () => work(temporal.client)).catch(() => undefined),
          ),
        ),
    );

    app.post(
      '/integrations',
      {
        schema: {
          tags,
          operationId: 'addIntegration',
          summary: 'Look an integration up at Kombo, add it, and start its first full sync',
          description:
            'Doing it again brings it up to date. It brings back one that was removed here; with force, also one that was deleted by mistake.',
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
        const { id, ...options } = request.body;
        const added = await act(deps, request, (own) => addIntegration({ ...own, kombo }, id, options), {
          temporalMs: ADD_TEMPORAL_MS,
        });
        return reply.code(added.new ? 201 : 200).send(added);
      },
    );

    app.patch(
      '/integrations/:id',
      {
        schema: {
          tags,
          operationId: 'setIntegration',
          summary: 'Choose which models are read for an integration, among those that the settings allow',
          description:
            'Kombo is not asked for what is no longer chosen; its rows stay unless you erase them. What you newly choose is read in full.',
          params: integrationParams,
          headers: actHeaders,
          body: setBody,
          response: { 200: success('The choice is stored', setSchema), ...problemsOfActingOnOne },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        return reply.send(await act(deps, request, (own) => setIntegration(own, id, request.body)));
      },
    );

    app.delete(
      '/integrations/:id',
      {
        schema: {
          tags,
          operationId: 'removeIntegration',
          summary:
            'Remove an integration: it is no longer read, and its data is erased when DELETED_RETENTION is over',
          params: integrationParams,
          querystring: removeQuery,
          headers: actHeaders,
          response: { 200: success('It is removed', removedSchema), ...problemsOfActingOnOne },
        },
      },
      async (request, reply) => {
        const { erase } = request.query;
        const { id } = request.params;
        return reply.send(await act(deps, request, (own) => removeIntegration(own, id, { erase })));
      },
    );
    done();
  };
}
