import { z } from 'zod';
import { ACTIONS, AUDIT_OUTCOMES, AUDIT_SOURCES } from '../../../domain/audit.ts';
import {
  CUTOVER_CHECKS,
  VERDICTS,
  type CutoverCheck,
  type IntegrationCutover,
} from '../../../domain/cutover.ts';
import { LEGACY_MODES } from '../../../domain/deliveries.ts';
import { INTEGRATION_STATUSES } from '../../../domain/life.ts';
import { CHANGE_OPS } from '../../../domain/change-ops.ts';
import { TIME_AND_ID } from '../../../operations/cursor.ts';
import type { CutoverReport } from '../../../operations/cutover.ts';
import type { Change, MatchingChanges } from '../../../store/feed.ts';
import type { AuditEntry } from '../../../store/state/audit.ts';
import type { UnknownIntegration } from '../../../store/state/unknown-integrations.ts';
import { notChosen } from './endpoints.ts';
import { totals } from './integrations.ts';
import {
  count,
  countsOf,
  integrationId,
  limit,
  next,
  pageQuery,
  tableName,
  time,
  wholeNumber,
  type Shape,
} from './common.ts';

export const summarySchema = z.object({
  integrations: countsOf(INTEGRATION_STATUSES),
  failing: totals.failing,
  failedEndpoints: totals.failedEndpoints,
  endpointsNeedingAttention: totals.endpointsNeedingAttention,
  rejectedRecords: count.describe('Records that are set aside because they could not be stored'),
  unknownIntegrations: count.describe('Integrations that webhooks named and that Kombo does not know'),
  freshnessSeconds: z
    .record(z.string(), z.number())
    .describe('Age of the oldest watermark of any active integration, by category'),
});

const MAX_SEQ = 9_223_372_036_854_775_807n;

const position = z
  .string()
  .regex(/^\d{1,19}$/, { error: 'is not a position of the feed' })
  .refine((text) => !/^\d{1,19}$/.test(text) || BigInt(text) <= MAX_SEQ, {
    error: 'is not a position of the feed',
  });

export const changesQuery = z.strictObject({
  after: z
    .union([z.literal('oldest'), position])
    .default('0')
    .describe(
      'Changes after this position; 0, the beginning, when left out. oldest begins with the oldest change that is kept',
    ),
  limit: limit(),
  integration: integrationId.optional().describe('Only changes of this integration'),
  table: tableName.optional().describe('Only changes of this table, such as ats_jobs'),
});

const changeSchema = z
  .object({
    seq: z.string().describe('Position in the feed: increasing, with holes'),
    integrationId: z.string(),
    tableName: z.string().describe('The record is in this table of DATA_SCHEMA'),
    id: z.string().describe('Of the record'),
    op: z.enum(CHANGE_OPS),
    at: time,
    changedFields: z
      .array(z.string())
      .nullable()
      .describe('Fields that had another value before; null if there was no record before, or it was erased'),
  } satisfies Shape<Change>)
  .meta({ id: 'Change' });

export const changesSchema = z.object({
  changes: z.array(changeSchema),
  next: z
    .string()
    .describe(
      'Pass it as `after` to continue, now or later. It also moves if nothing in a part of the feed matches',
    ),
  more: z.boolean().describe('Whether there is more to read now'),
} satisfies Shape<MatchingChanges>);

export const auditQuery = z.strictObject({
  integration: integrationId.optional().describe('Only acts on this integration'),
  before: wholeNumber(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('`next` of the page before; the newest acts when left out'),
  limit: limit(),
});

const auditEntrySchema = z
  .object({
    id: count,
    at: time,
    actor: z.string().describe('Who: a user of the machine, or what a caller of this API said'),
    source: z.enum(AUDIT_SOURCES),
    address: z.string().nullable().describe('Of the caller, if there is one'),
    action: z.enum(ACTIONS),
    integrationId: z.string().nullable().describe('null when it was about all of them'),
    details: z.record(z.string(), z.unknown()).describe('What was asked for'),
    outcome: z.enum(AUDIT_OUTCOMES).describe('An act that stays `started` broke off'),
    message: z.string().nullable().describe('Why it failed'),
    finishedAt: time.nullable(),
  } satisfies Shape<AuditEntry>)
  .meta({ id: 'AuditEntry' });

export const auditSchema = z.object({
  entries: z.array(auditEntrySchema),
  next: count.nullable().describe('Pass it as `before` for older acts; null when there are none'),
});

export const unknownQuery = z.strictObject(pageQuery(TIME_AND_ID));

export const unknownSchema = z.object({
  integrations: z.array(
    z
      .object({
        id: z.string(),
        times: count.describe('How often webhooks named it'),
        firstSeenAt: time,
        lastSeenAt: time,
      } satisfies Shape<UnknownIntegration>)
      .meta({ id: 'UnknownIntegration' }),
  ),
  next,
});

const verdictSchema = z.enum(VERDICTS);

export const cutoverQuery = z.strictObject({
  verdict: verdictSchema.optional().describe('List only integrations with this verdict'),
  ...pageQuery(['string']),
});

export const cutoverSchema = z
  .object({
    verdict: verdictSchema.describe('The worst of all integrations'),
    counts: countsOf(VERDICTS),
    legacy: z
      .object({
        mode: z.enum(LEGACY_MODES).describe('LEGACY_WEBHOOKS'),
        times: count.describe('How many legacy webhooks came'),
        types: z.array(z.string()),
        lastSeenAt: time.nullable(),
        ignoredSince: time.nullable().describe('When the first one came that was not acted upon'),
        ignored: z.boolean().describe('The newest one was not acted upon'),
      } satisfies Shape<CutoverReport['legacy']>)
      .describe('The legacy webhooks, and what LEGACY_WEBHOOKS makes of them'),
    message: z.string().describe('What to do next'),
    integrations: z.array(
      z
        .object({
          integrationId: z.string(),
          notChosen,
          verdict: verdictSchema,
          checks: z.array(
            z.object({
              name: z.enum(CUTOVER_CHECKS),
              verdict: verdictSchema,
              message: z.string(),
              remedy: z.string().nullable().describe('What to do; null when nothing is'),
            } satisfies Shape<CutoverCheck>),
          ),
        } satisfies Shape<IntegrationCutover>)
        .meta({ id: 'IntegrationCutover' }),
    ),
    next,
  } satisfies Shape<CutoverReport>)
  .meta({ id: 'Cutover' });
