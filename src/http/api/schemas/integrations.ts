import { z } from 'zod';
import { CATEGORIES } from '../../../domain/catalogue/index.ts';
import { INTEGRATION_STATUSES, type Parked } from '../../../domain/life.ts';
import { DRIFT_VERDICTS } from '../../../domain/counts.ts';
import { ENSURE_RESULTS } from '../../../temporal/schedules.ts';
import type { Erasure } from '../../../operations/erasure.ts';
import type { AddedIntegration, RemovedIntegration } from '../../../operations/integrations.ts';
import type { IntegrationDetail, RunningPass, RunningWork } from '../../../operations/show-detail.ts';
import type { IntegrationLife, IntegrationPage, SharedLimit } from '../../../operations/show.ts';
import type { PassSummary } from '../../../store/reports/history.ts';
import type { IntegrationOverview, Totals } from '../../../store/reports/overview.ts';
import type { Integration } from '../../../store/state/integrations.ts';
import type { ScheduleInfo, Schedules } from '../../../temporal/schedule-state.ts';
import {
  count,
  countsOf,
  flag,
  integrationId,
  line,
  next,
  pageQuery,
  reason,
  temporalUrl,
  time,
  type Shape,
} from './common.ts';
import { deliverySchema } from './deliveries.ts';
import { endpointSchema, failingSchema, notChosen } from './endpoints.ts';
import { issueSchema } from './issues.ts';
import { passSchema, startedSchema } from './syncs.ts';

const statusSchema = z.enum(INTEGRATION_STATUSES);

/** An integration as it is stored, without what has to be counted. */
export const integrationSchema = z
  .object({
    id: z.string(),
    tool: z.string(),
    category: z.string().describe(`As Kombo says it: ${CATEGORIES.join(', ')}, or one that is not read yet`),
    status: statusSchema.describe(
      'active: it is read · parked: Kombo cannot serve it now · paused: by you · removed: it is no longer read',
    ),
    statusCode: z.string().nullable().describe('Why it is not active, for programs'),
    statusReason: z.string().nullable().describe('Why it is not active, as a sentence'),
    statusSince: time,
    needsAttention: z.boolean().describe('Parked until you do something at Kombo'),
    retryAt: time
      .nullable()
      .describe(
        'When a timer looks at it again, while it is parked; not while it needs you. null: with the next webhook or scheduled sync',
      ),
    organizationName: z.string().nullable(),
    originId: z.string().nullable().describe('Your own id of the customer: end_user_origin_id of the link'),
    unavailableModels: z.array(z.string()).describe('Models that the tool does not offer'),
    models: z
      .array(z.string())
      .nullable()
      .describe('Only these models and tables are read for it; null: all that MODELS allows'),
    excludeModels: z
      .array(z.string())
      .nullable()
      .describe('These are not read for it, even if models picks them; null: none'),
    dataExpiredAt: time
      .nullable()
      .describe("Set while Kombo's data is stale because filters or scope changed"),
    komboState: z.string().nullable().describe('As Kombo says it: ACTIVE, INVALID, INACTIVE'),
    setupStatus: z
      .string()
      .nullable()
      .describe('As Kombo says it: INCOMPLETE, FINAL_SYNC_PENDING, COMPLETED'),
    komboCreatedAt: time.nullable(),
    announcedDeletedAt: time
      .nullable()
      .describe('A deletion that a webhook reported and that is not settled yet'),
    deletionsVoidUpTo: time
      .nullable()
      .describe(
        'Deletions up to then do not count: Kombo has shown the integration since, or you overruled them',
      ),
    removedAt: time.nullable(),
    erasedAt: time.nullable().describe('When its data was erased'),
    lookedUpAt: time.nullable(),
    temporalDueAt: time
      .nullable()
      .describe('Since when Temporal may not match the status; null if it matches'),
    createdAt: time,
    updatedAt: time,
  } satisfies Shape<Integration>)
  .meta({ id: 'Integration' });

const overviewSchema = integrationSchema
  .extend({
    freshAsOf: time
      .nullable()
      .describe('Everything up to here is in Postgres; null until each endpoint was read'),
    notOffered: z
      .array(z.string())
      .describe('Endpoints that do not count for freshAsOf, because the tool does not offer them'),
    notChosen,
    readsNothing: z.boolean().describe('None of its endpoints is chosen, so nothing can be fresh'),
    failedEndpoints: z.array(z.string()).describe('Endpoints whose last tries have failed'),
    endpointsNeedingAttention: z
      .array(z.string())
      .describe('Of these, the ones that trying again does not help'),
    nextTryAt: time.nullable().describe('When the first of the failing endpoints is tried again by itself'),
    runningPasses: count,
    runningRecords: count.describe('Records that the running passes have read so far'),
    runningSince: time.nullable(),
    runningFull: z.boolean().describe('A full pass is among the running ones'),
    lastSyncAt: time.nullable(),
    lastFullAt: time
      .nullable()
      .describe('Each endpoint was read in full since then or later; null while one never was'),
    liveRows: count.describe('Live rows in all its tables'),
    drift: z
      .enum(DRIFT_VERDICTS)
      .nullable()
      .describe('What the newest full sync had to repair; null if there was nothing to compare yet'),
  } satisfies Shape<Omit<IntegrationOverview, keyof Integration>>)
  .meta({ id: 'IntegrationOverview' });

const scheduleSchema = z
  .object({
    id: z.string(),
    paused: z.boolean(),
    note: z.string().nullable(),
    when: z.string().describe('When it runs: a cron expression or an interval'),
    nextRuns: z.array(time),
    recentRuns: z.array(z.object({ workflowId: z.string(), at: time })),
  } satisfies Shape<ScheduleInfo>)
  .meta({ id: 'Schedule' });

const erasureSchema = z.object({
  workflowId: z.string(),
  at: time.describe('When its data will be erased'),
} satisfies Shape<Erasure>);

const life = {
  notChosen,
  erasure: erasureSchema
    .nullable()
    .describe('null if it is not removed, or if its data is erased already or kept'),
  deliveries: z.array(deliverySchema).describe('Webhooks about it, by type and outcome'),
  issues: z.array(issueSchema).describe('Open at Kombo, the newest first'),
} satisfies Shape<Omit<IntegrationLife, keyof Integration>>;

/** The part of the detail that `integrations show` prints. */
export const lifeSchema = integrationSchema.extend(life).meta({ id: 'IntegrationLife' });

const runningSchema = z
  .object({
    workflowId: z.string(),
    runId: z.string(),
    type: z.string().describe('Of the workflow, for example fullSync'),
    trigger: z.string().nullable().describe('What has started it'),
    startedAt: time,
    beginsAt: time.nullable().describe('When it begins, if that is later'),
    temporalUrl: temporalUrl.describe("The run in Temporal's UI; null when TEMPORAL_UI_URL is not set"),
    passes: z.array(
      passSchema.extend({
        activeAt: time.describe('When it wrote last'),
        whole: z.boolean().describe('It reads everything, not only what has changed since some time'),
      } satisfies Shape<Omit<RunningPass, keyof PassSummary>>),
    ),
  } satisfies Shape<RunningWork>)
  .meta({ id: 'RunningWork' });

export const detailSchema = overviewSchema
  .extend({
    ...life,
    endpoints: z.array(endpointSchema),
    running: z
      .array(runningSchema)
      .describe('Its open workflows; while Temporal does not answer, what Postgres knows about them'),
    schedules: z
      .object({
        fullSync: scheduleSchema.nullable(),
        catchUp: scheduleSchema.nullable(),
      } satisfies Shape<Schedules>)
      .nullable()
      .describe('null while Temporal does not answer'),
    temporalUrl: temporalUrl.describe("All its runs in Temporal's UI; null when TEMPORAL_UI_URL is not set"),
  } satisfies Shape<Omit<IntegrationDetail, keyof IntegrationOverview>>)
  .meta({ id: 'IntegrationDetail' });

/** Counts over all integrations. */
export const totals = {
  byStatus: countsOf(INTEGRATION_STATUSES),
  failing: count.describe('Active integrations with an endpoint whose last tries have failed'),
  failedEndpoints: count,
  endpointsNeedingAttention: count.describe('Of these, the ones that trying again does not help'),
} satisfies Shape<Totals>;

export const listQuery = z.strictObject({
  search: line(200)
    .optional()
    .describe("Part of an id, an origin_id, an organization's name or a tool, in any case"),
  status: statusSchema.optional().describe('Only those with this status'),
  category: z.enum(CATEGORIES).optional().describe('Only those of this category'),
  failing: flag.optional().describe('true: only those with an endpoint whose last tries have failed'),
  ...pageQuery(['string']),
});

export const listSchema = z.object({
  integrations: z.array(overviewSchema),
  next,
  totals: z.object(totals).describe('Over all integrations; filters do not change them'),
  failing: z
    .array(failingSchema)
    .describe('The reads of those on the page whose last tries have failed; what needs you comes first'),
  issues: z.array(issueSchema).describe('Open at Kombo: of those on the page, and of the whole environment'),
  komboLimit: z
    .object({
      countedBy: z
        .enum(['key', 'integration'])
        .describe('What Kombo counts requests by, as its answers show'),
      limit: z.number().nullable().describe("Requests in a window, by Kombo's headers; null: not needed yet"),
      remaining: z.number().nullable().describe('Requests left in the window'),
      windowEndsAt: time.nullable(),
      blockedUntil: time.nullable().describe('Kombo has refused requests and takes none before this'),
      requestsPerMinute: z.number().nullable().describe('The setting KOMBO_REQUESTS_PER_MINUTE'),
      concurrency: z.number().nullable().describe('The setting KOMBO_CONCURRENCY'),
    } satisfies Shape<SharedLimit>)
    .describe('What all workers may ask of Kombo, together'),
} satisfies Shape<IntegrationPage>);

export const addBody = z.strictObject({
  id: integrationId,
  sync: z.boolean().default(true).describe('Start its first full sync, if none has ever completed'),
  force: z
    .boolean()
    .default(false)
    .describe(
      'Overrule its removal, and a deletion that a webhook reported, if Kombo still shows the integration',
    ),
});

export const addedSchema = z.object({
  integration: integrationSchema,
  new: z.boolean().describe('Whether it was unknown or removed before'),
  schedules: z.enum(ENSURE_RESULTS),
  sync: startedSchema
    .nullable()
    .describe('Its first full sync; null when none was wanted, it has been done before, or has to wait'),
  waiting: reason
    .extend({
      needsAttention: z.boolean().describe('Trying again does not help: this needs you'),
    } satisfies Partial<Shape<Parked>>)
    .nullable()
    .describe('Why it cannot be read now; its first full sync starts as soon as it can'),
} satisfies Shape<AddedIntegration>);

export const removeQuery = z.strictObject({
  erase: flag.default(false).describe('true: erase its data now; false: when DELETED_RETENTION is over'),
});

export const removedSchema = z.object({
  integration: integrationSchema,
  removed: z.boolean().describe('false: it was removed before'),
  cancelled: z.array(z.string()).describe('Ids of the workflows that ran and were cancelled'),
  erasure: erasureSchema
    .nullable()
    .describe('null if its data is erased already, or kept because DELETED_RETENTION is off'),
} satisfies Shape<RemovedIntegration>);
