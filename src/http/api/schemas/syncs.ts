import { z } from 'zod';
import { DRIFT_COUNTS, DRIFT_VERDICTS } from '../../../domain/counts.ts';
import { BECAUSE, PASS_KINDS, PASS_STATES } from '../../../domain/reads.ts';
import { REJECT_REASONS } from '../../../domain/records.ts';
import { SYNC_STATUSES, TRIGGERS } from '../../../domain/sync.ts';
import { TIME_AND_NUMBER } from '../../../operations/cursor.ts';
import type { PastSync } from '../../../operations/show.ts';
import type { StartedSync } from '../../../operations/syncs.ts';
import type { DriftReport, PassSummary } from '../../../store/reports/history.ts';
import type { SetAsideRecord } from '../../../store/reports/set-aside.ts';
import {
  count,
  counts,
  countsOf,
  endpointPath,
  next,
  pageQuery,
  reason,
  temporalUrl,
  time,
  type Shape,
} from './common.ts';

const kindSchema = z.enum(PASS_KINDS);
const passState = z.enum(PASS_STATES);
const triggerSchema = z.enum(TRIGGERS).describe('What has started it');

export const passSchema = z
  .object({
    id: z.string(),
    syncId: z.string().describe('The passes of one sync share it'),
    endpoint: z.string(),
    kind: kindSchema,
    state: passState,
    trigger: triggerSchema,
    because: z.enum(BECAUSE).describe('Why the endpoint is read'),
    startedAt: time,
    finishedAt: time.nullable(),
    counts,
    error: reason.nullable(),
    sweeping: z.boolean().describe('Everything is read, and Kombo is asked about what the listing lacks'),
    waitsUntil: time
      .nullable()
      .describe("When it continues, while Kombo's limit or a failed try makes it wait; `error` says which"),
    sweepMessage: z.string().nullable().describe('Why a sweep deleted nothing, when it stopped'),
    quietChecks: z
      .int()
      .describe('How many deltas without a record it stands for, one after the other; 0 when it had one'),
    quietSince: time.nullable().describe('When the first of these began'),
  } satisfies Shape<PassSummary>)
  .meta({ id: 'Pass' });

const syncSchema = z
  .object({
    syncId: z.string(),
    workflowId: z.string(),
    runId: z.string(),
    trigger: triggerSchema,
    kind: kindSchema,
    status: z
      .enum(['running', ...SYNC_STATUSES])
      .describe('partial: an endpoint failed, and another one did not'),
    startedAt: time,
    finishedAt: time.nullable(),
    counts,
    passes: z.array(passSchema),
    quietEndpoints: count.describe(
      'How many endpoints it has also checked without a record; passes of later syncs stand for these',
    ),
    temporalUrl: temporalUrl.describe("Its run in Temporal's UI; null when TEMPORAL_UI_URL is not set"),
  } satisfies Shape<PastSync>)
  .meta({ id: 'Sync' });

/** The run that an act has started or joined. */
export const startedSchema = z
  .object({
    integrationId: z.string(),
    workflowId: z.string(),
    runId: z.string(),
    alreadyRunning: z.boolean().describe('It ran already, and the request has joined it'),
    beginsAt: time
      .nullable()
      .describe('When it begins, if that is later: many that are started together are spread'),
    temporalUrl: temporalUrl.describe("The run in Temporal's UI; null when TEMPORAL_UI_URL is not set"),
  } satisfies Shape<StartedSync>)
  .meta({ id: 'StartedSync' });

export const syncsQuery = z.strictObject(pageQuery(TIME_AND_NUMBER, { standard: 20, max: 200 }));
export const syncsSchema = z.object({ syncs: z.array(syncSchema), next });

export const passesQuery = z.strictObject({
  endpoint: endpointPath.optional().describe('Only passes over this endpoint, for example /ats/jobs'),
  state: passState.optional().describe('Only passes in this state'),
  ...pageQuery(TIME_AND_NUMBER),
});
export const passesSchema = z.object({ passes: z.array(passSchema), next });

const driftSchema = z
  .object({
    at: time,
    syncId: z.string(),
    endpoint: z.string(),
    counts: countsOf(DRIFT_COUNTS).extend({
      expected: count.describe('Of these, what no delta could have shown'),
    }),
    verdict: z.enum(DRIFT_VERDICTS),
  } satisfies Shape<DriftReport>)
  .meta({ id: 'Drift' });

export const driftQuery = z.strictObject(pageQuery(TIME_AND_NUMBER));
export const driftsSchema = z.object({ drift: z.array(driftSchema), next });

const rejectedRecordSchema = z
  .object({
    endpoint: z.string(),
    id: z.string().nullable().describe("Kombo's id of the record; null when it has none that can be used"),
    reason: z.enum(REJECT_REASONS),
    hash: z.string().describe('SHA-256 of its text'),
    times: count.describe('How often it came'),
    firstSeenAt: time,
    lastSeenAt: time,
  } satisfies Shape<SetAsideRecord>)
  .meta({ id: 'RejectedRecord' });

export const rejectedQuery = z.strictObject({
  endpoint: endpointPath.optional().describe('Only records of this endpoint, for example /ats/jobs'),
  ...pageQuery(['string', 'string']),
});
export const rejectedSchema = z.object({ records: z.array(rejectedRecordSchema), next });
