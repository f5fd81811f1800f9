import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { toCursor } from '../../operations/cursor.ts';
import { cutoverPage, cutoverReport } from '../../operations/cutover.ts';
import { showIssues, showUnknown } from '../../operations/show.ts';
import { listAudit } from '../../store/state/audit.ts';
import { readMatchingChanges } from '../../store/feed.ts';
import { readTotals } from '../../store/reports/overview.ts';
import { countUnknown } from '../../store/state/unknown-integrations.ts';
import type { ApiDeps } from './deps.ts';
import { askPostgres } from './asking.ts';
import { postgresAway } from '../errors/outages.ts';
import { integrationParams } from './schemas/common.ts';
import { issuesQuery, issuesSchema } from './schemas/issues.ts';
import { problemsOfChanges, problemsOfOne, problemsOfReading, success } from './schemas/problems.ts';
import {
  auditQuery,
  auditSchema,
  changesQuery,
  changesSchema,
  cutoverQuery,
  cutoverSchema,
  summarySchema,
  unknownQuery,
  unknownSchema,
} from './schemas/reports.ts';

const tags = ['reports'];

/** Reports over all integrations. */
export function reportRoutes(deps: ApiDeps): FastifyPluginCallbackZod {
  const { readSnapshot, store } = deps;
  return (app, _options, done) => {
    app.get(
      '/summary',
      {
        schema: {
          tags,
          operationId: 'getSummary',
          summary: 'How many integrations there are, how fresh they are, and what is wrong',
          response: { 200: success('Totals', summarySchema), ...problemsOfReading },
        },
      },
      async () => {
        const [totals, unknownIntegrations, snapshot] = await Promise.all([
          askPostgres(readTotals(store)),
          askPostgres(countUnknown(store)),
          readSnapshot(),
        ]);
        if (!snapshot) throw postgresAway(undefined);
        const { byStatus, ...failures } = totals;
        return {
          integrations: byStatus,
          ...failures,
          unknownIntegrations,
          rejectedRecords: snapshot.rejectedRecords,
          freshnessSeconds: Object.fromEntries(snapshot.freshnessSeconds),
        };
      },
    );

    app.get(
      '/changes',
      {
        schema: {
          tags,
          operationId: 'readChanges',
          summary: 'The change feed, in order and without gaps',
          description:
            'Names of what has changed; the records are in the tables of DATA_SCHEMA. Kept for CHANGES_RETENTION; a position before that is refused.',
          querystring: changesQuery,
          response: { 200: success('Changes after the position', changesSchema), ...problemsOfChanges },
        },
      },
      async ({ query: { after, limit, integration, table } }) => {
        const filter = { limit, integrationId: integration, table };
        return askPostgres(readMatchingChanges(store, { after, ...filter }));
      },
    );

    app.get(
      '/audit',
      {
        schema: {
          tags,
          operationId: 'listAudit',
          summary: 'Who did what, newest first',
          querystring: auditQuery,
          response: { 200: success('A page of acts', auditSchema), ...problemsOfReading },
        },
      },
      async ({ query: { integration, before, limit } }) =>
        askPostgres(listAudit(store, { integrationId: integration, after: before, limit })),
    );

    app.get(
      '/unknown-integrations',
      {
        schema: {
          tags,
          operationId: 'listUnknownIntegrations',
          summary: 'Integrations that webhooks named and that Kombo does not know, the last one named first',
          querystring: unknownQuery,
          response: { 200: success('A page of ids', unknownSchema), ...problemsOfReading },
        },
      },
      ({ query: { cursor, limit } }) => askPostgres(showUnknown(deps, { after: cursor, limit })),
    );

    app.get(
      '/issues',
      {
        schema: {
          tags,
          operationId: 'listIssues',
          summary: 'Issues that are open at Kombo, the newest first',
          querystring: issuesQuery,
          response: { 200: success('A page of issues', issuesSchema), ...problemsOfReading },
        },
      },
      ({ query: { environment, cursor, limit } }) =>
        askPostgres(showIssues(deps, { of: environment ? [null] : undefined, after: cursor, limit })),
    );

    app.get(
      '/cutover',
      {
        schema: {
          tags,
          operationId: 'getCutover',
          summary: 'Whether the legacy webhooks can be switched off',
          description: 'Verdict and counts are over all integrations; the list is a page of them.',
          querystring: cutoverQuery,
          response: {
            200: success('The verdict, with its checks', cutoverSchema),
            ...problemsOfReading,
          },
        },
      },
      async ({ query: { cursor, ...page } }) => {
        const report = await askCutover(() => cutoverPage(deps, { ...page, after: cursor?.[0] }));
        return { ...report, next: report.next === null ? null : toCursor([report.next]) };
      },
    );

    app.get(
      '/integrations/:id/cutover',
      {
        schema: {
          tags,
          operationId: 'getCutoverOfIntegration',
          summary: 'Whether this integration can do without the legacy webhooks',
          params: integrationParams,
          response: { 200: success('The verdict, with its checks', cutoverSchema), ...problemsOfOne },
        },
      },
      ({ params: { id } }) => askCutover(() => cutoverReport(deps, { id })),
    );
    done();
  };

  /** The report also works without Temporal, but must not wait long to find out that it is away. */
  function askCutover<T>(report: () => Promise<T>): Promise<T> {
    const { client } = deps.temporal;
    return client.withDeadline(Date.now() + CUTOVER_MS / 2, () => askPostgres(report(), CUTOVER_MS));
  }
}

/** The report checks every endpoint of every integration. */
const CUTOVER_MS = 30_000;
