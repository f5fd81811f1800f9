import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { requireIntegration } from '../../operations/require.ts';
import { listDrift, listPasses, listSyncs } from '../../store/reports/history.ts';
import { listSetAside } from '../../store/reports/set-aside.ts';
import type { ApiDeps } from './deps.ts';
import { askPostgres } from './asking.ts';
import { integrationParams as params, toCursor } from './schemas/common.ts';
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

/** `/api/v1/integrations/{id}/…`: what has been read, and what was odd about it. */
export function historyRoutes({ links, store }: ApiDeps): FastifyPluginCallbackZod {
  /** The rows of an integration that is there. */
  const ofIntegration = async <T>(id: string, read: () => Promise<T>): Promise<T> => {
    await askPostgres(requireIntegration(store, id));
    return askPostgres(read());
  };
  const nextOf = (key: readonly (string | number)[] | null) => (key === null ? null : toCursor(key));

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
      async ({ params: { id }, query: { cursor, limit } }) => {
        const read = () => listSyncs(store, { integrationId: id, after: cursor, limit });
        const { entries, next } = await ofIntegration(id, read);
        const syncs = entries.map((sync) => ({
          ...sync,
          temporalUrl: links.run(sync.workflowId, sync.runId),
        }));
        return { syncs, next: nextOf(next) };
      },
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
        return { passes: entries, next: nextOf(next) };
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
      async ({ params: { id }, query: { cursor, limit } }) => {
        const read = () => listDrift(store, { integrationId: id, after: cursor, limit });
        const { entries, next } = await ofIntegration(id, read);
        return { drift: entries, next: nextOf(next) };
      },
    );

    app.get(
      '/integrations/:id/rejected-records',
      {
        schema: {
          tags,
          operationId: 'listRejectedRecords',
          summary: 'Its records that are set aside because they could not be stored',
          description:
            'Never with their bodies, which are personal data: with KEEP_REJECTED_BODIES=true they are in kombo_sync.rejected_records, for those who may read the database.',
          params,
          querystring: rejectedQuery,
          response: { 200: success('A page of records', rejectedSchema), ...problemsOfOne },
        },
      },
      async ({ params: { id }, query: { cursor, ...filter } }) => {
        const read = () => listSetAside(store, { integrationId: id, after: cursor, ...filter });
        const { entries, next } = await ofIntegration(id, read);
        return { records: entries, next: nextOf(next) };
      },
    );
    done();
  };
}
