import { z } from 'zod';
import { CATEGORIES } from '../../../domain/catalogue/index.ts';
import { DELIVERY_OUTCOMES } from '../../../domain/deliveries.ts';
import { ERROR_CLASSES } from '../../../domain/errors.ts';
import { INTEGRATION_STATUSES } from '../../../domain/life.ts';
import { DRIFT_VERDICTS } from '../../../domain/counts.ts';
import { DEBT_KINDS } from '../../../domain/reads.ts';
import { ENSURE_RESULTS } from '../../../temporal/schedules.ts';
import { count, flag, integrationId, keyText, line, next, pageQuery, reason, time } from './common.ts';
import { passSchema, startedSchema } from './syncs.ts';

export const statusSchema = z.enum(INTEGRATION_STATUSES);

/** An integration as it is kept, without what has to be counted. */
export const integrationSchema = z
  .object({
    id: z.string(),
    tool: z.string(),
    category: z.string().describe(`As Kombo says it: ${CATEGORIES.join(', ')}, or one that is not read yet`),
    status: statusSchema.describe(
      'active: it is read · parked: Kombo cannot read it now · paused: by a person · removed: nothing is read any more',
    ),
    statusCode: z.string().nullable().describe('Why it is not active, for programs'),
    statusReason: z.string().nullable().describe('Why it is not active, for people'),
    statusSince: time,
    needsPerson: z.boolean().describe('Parked until a person does something at Kombo'),
    retryAt: time
      .nullable()
      .describe(
        'When a timer looks at it again, while it is parked; not while it needs a person. null: with the next webhook or scheduled sync',
      ),
    organizationName: z.string().nullable(),
    unavailableModels: z.array(z.string()).describe('Models that the tool does not offer'),
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
      .describe('A deletion that a webhook told of and that is not settled yet'),
    removedAt: time.nullable(),
    erasedAt: time.nullable().describe('When its data were erased'),
    lookedUpAt: time.nullable(),
    temporalDueAt: time
      .nullable()
      .describe('Since when Temporal may not be in line with the status; null when it is'),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Integration' });

export const overviewSchema = integrationSchema
  .extend({
    freshAsOf: time
      .nullable()
      .describe(
        'Everything up to here is in Postgres, by what its endpoints are complete to and what is owed for them; null until each was read',
      ),
    notOffered: z
      .array(z.string())
      .describe('Endpoints that do not count for that: the tool has said that it does not offer them'),
    failedEndpoints: z.array(z.string()).describe('Endpoints whose last tries have failed'),
    endpointsNeedingPerson: z
      .array(z.string())
      .describe('Of these, the ones that trying again does not help'),
    runningPasses: count,
    runningRecords: count.describe('Records that the running passes have read so far'),
    lastSyncAt: time.nullable(),
    drift: z
      .enum(DRIFT_VERDICTS)
      .nullable()
      .describe('What the newest full sync had to repair; null before there was anything to compare'),
  })
  .meta({ id: 'IntegrationOverview' });

const owedSchema = z
  .object({
    kind: z.enum(DEBT_KINDS),
    since: time.describe('What Kombo told of since then may not be here yet'),
    dueAt: time.nullable().describe('When it is read by itself; null: with the next sync'),
    failure: z
      .object({
        errorClass: z.enum(ERROR_CLASSES),
        code: z.string(),
        message: z.string(),
        failures: count.describe('Failures in a row'),
        since: time,
        triedAt: time,
        needsPerson: z.boolean().describe('Trying again has not helped, or cannot'),
        givenUp: z.boolean().describe('No timer waits for the next try: the catch-up and webhooks try it'),
      })
      .nullable(),
  })
  .meta({ id: 'OwedRead' });

const endpointSchema = z
  .object({
    endpoint: z.string(),
    table: z.string().describe('Its table in schema kombo'),
    watermark: time.nullable(),
    lastPass: passSchema.nullable(),
    lastFull: time.nullable(),
    liveRows: count,
    rejectedRecords: count,
    disabled: reason.extend({ since: time }).nullable().describe('The tool does not offer it'),
    owed: z.array(owedSchema).describe('Reads that are owed; none hides another'),
  })
  .meta({ id: 'Endpoint' });

const scheduleSchema = z
  .object({
    id: z.string(),
    paused: z.boolean(),
    note: z.string().nullable(),
    when: z.string().describe('When it runs: a cron expression or an interval'),
    nextRuns: z.array(time),
    recentRuns: z.array(z.object({ workflowId: z.string(), at: time })),
  })
  .meta({ id: 'Schedule' });

const deliverySchema = z
  .object({
    type: z.string().describe('As data-changed'),
    outcome: z.enum(DELIVERY_OUTCOMES),
    times: count,
    firstAt: time,
    lastAt: time,
  })
  .meta({ id: 'Delivery' });

export const detailSchema = overviewSchema
  .extend({
    endpoints: z.array(endpointSchema),
    schedules: z
      .object({ fullSync: scheduleSchema.nullable(), catchUp: scheduleSchema.nullable() })
      .nullable()
      .describe('null while Temporal cannot be reached'),
    deliveries: z.array(deliverySchema).describe('Webhooks about it, by type and what became of them'),
  })
  .meta({ id: 'IntegrationDetail' });

export const listQuery = z.strictObject({
  search: line(200).optional().describe("Part of an id, an organization's name or a tool, in any case"),
  status: statusSchema.optional().describe('Only those with this status'),
  category: z.enum(CATEGORIES).optional().describe('Only those of this category'),
  failing: flag.optional().describe('true: only those with an endpoint whose last tries have failed'),
  ...pageQuery(z.tuple([keyText])),
});

export const listSchema = z.object({ integrations: z.array(overviewSchema), next });

export const addBody = z.strictObject({
  id: integrationId,
  sync: z.boolean().default(true).describe('Start its first full sync, if none has ever completed'),
});

export const addedSchema = z.object({
  integration: integrationSchema,
  new: z.boolean().describe('Whether it was unknown or removed before'),
  schedules: z.enum(ENSURE_RESULTS),
  sync: startedSchema
    .nullable()
    .describe('Its first full sync; null when none was wanted, or it has been done before'),
});

export const removeQuery = z.strictObject({
  erase: flag.default(false).describe('true: erase its data now; false: when DELETED_RETENTION is over'),
});

export const removedSchema = z.object({
  integration: integrationSchema,
  removed: z.boolean().describe('false: it was removed before'),
  cancelled: z.array(z.string()).describe('Ids of the workflows that ran and were cancelled'),
  erasure: z
    .object({
      workflowId: z.string(),
      at: time.describe('When its data are erased'),
    })
    .nullable()
    .describe('null when its data are erased already, or kept since DELETED_RETENTION is off'),
});
