import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { requireIntegration } from '../../operations/require.ts';
import { toCursor } from '../../operations/cursor.ts';
import { showDrift, showSyncs } from '../../operations/show.ts';
import { listPasses } from '../../store/reports/history.ts';
import { listSetAside } from '../../store/reports/set-aside.ts';
import type { ApiDeps } from './deps.ts';
import { askPostgres } from './asking.ts';
import { integrationParams as params } from './schemas/common.ts';
import { problemsOfOne, success } from './schemas/problems.ts';
import {
  driftQuery,
  driftsSchema,
  passesQuery,
  passesSchema,
  rejectedQuery,
  rejectedSchema,
  syncsQuery,
  syncsSchema,
} from './schemas/syncs.ts';

const tags = ['history'];

/** `/api/v1/integrations/{id}/…`: what was read, and what was unusual about it. */
export function historyRoutes(deps: ApiDeps): FastifyPluginCallbackZod {
  const { store } = deps;
  /** Reads rows of an integration, which must exist. */
  const ofIntegration = async <T>(id: string, read: () => Promise<T>): Promise<T> => {
    await askPostgres(requireIntegration(store, id));
    return askPostgres(read());
  };

  return (app, _options, done) => {
    app.get(
      '/integrations/:id/syncs',
      {
        schema: {
          tags,
          operationId: 'listSyncs',
          summary: 'Its syncs, newest first, with their passes',
          params,
          querystring: syncsQuery,
          response: { 200: success('A page of syncs', syncsSchema), ...problemsOfOne },
        },
      },
      ({ params: { id }, query: { cursor, limit } }) =>
        askPostgres(showSyncs(deps, { integrationId: id, after: cursor, limit })),
    );

    app.get(
      '/integrations/:id/passes',
      {
        schema: {
          tags,
          operationId: 'listPasses',
          summary: 'Its passes, newest first',
          params,
          querystring: passesQuery,
          response: { 200: success('A page of passes', passesSchema), ...problemsOfOne },
        },
      },
      async ({ params: { id }, query: { cursor, ...filter } }) => {
        const read = () => listPasses(store, { integrationId: id, after: cursor, ...filter });
        const { entries, next } = await ofIntegration(id, read);
        return { passes: entries, next: next && toCursor(next) };
      },
    );

    app.get(
      '/integrations/:id/drift',
      {
        schema: {
          tags,
          operationId: 'listDrift',
          summary: 'What its full passes had to repair, newest first',
          params,
          querystring: driftQuery,
          response: { 200: success('A page of reports', driftsSchema), ...problemsOfOne },
        },
      },
      ({ params: { id }, query: { cursor, limit } }) =>
        askPostgres(showDrift(deps, { integrationId: id, after: cursor, limit })),
    );

    app.get(
      '/integrations/:id/rejected-records',
      {
        schema: {
          tags,
          operationId: 'listRejectedRecords',
          summary: 'Its records that are set aside because they could not be stored',
          description:
            'Never with their bodies, which are personal data: with KEEP_REJECTED_BODIES=true they are in the table rejected_records of SERVICE_SCHEMA, for those who may read the database.',
          params,
          querystring: rejectedQuery,
          response: { 200: success('A page of records', rejectedSchema), ...problemsOfOne },
        },
      },
      async ({ params: { id }, query: { cursor, ...filter } }) => {
        const read = () => listSetAside(store, { integrationId: id, after: cursor, ...filter });
        const { entries, next } = await ofIntegration(id, read);
        return { records: entries, next: next && toCursor(next) };
      },
    );
    done();
  };
}
