import { z } from 'zod';
import { readSince, type FullSyncOptions } from '../../../domain/full-sync-options.ts';
import type { PausedIntegration, ResumedIntegration } from '../../../operations/integrations.ts';
import type { CancelledSyncs } from '../../../operations/syncs.ts';
import { count, line, temporalUrl, time, type Shape } from './common.ts';
import { integrationSchema } from './integrations.ts';
import { startedSchema } from './syncs.ts';

/** Headers of every act. Other headers stay as they are. */
export const actHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, { error: 'must be 1 to 200 visible characters' })
    .optional()
    .describe(
      'Makes repeating the request safe: the same key and request get the first answer again, for a day. 1 to 200 visible characters, for example a UUID',
    ),
  'x-actor': z
    .string()
    .transform(decodeHeader)
    .pipe(line(200))
    .optional()
    .describe('Who acts, for the audit log: what the caller says, not checked. `admin` when left out'),
});

/** Node reads headers as Latin-1, and most clients send UTF-8. */
function decodeHeader(value: string): string {
  try {
    return new TextDecoder('utf8', { fatal: true }).decode(Buffer.from(value, 'latin1')).trim();
  } catch {
    return value.trim();
  }
}

const models = z
  .array(line(100))
  .min(1)
  .max(200)
  .describe('Only the endpoints of these models (ats_jobs), tables or paths; everything when left out');

const since = z
  .union([z.iso.date(), z.iso.datetime({ offset: true, local: true })])
  .transform((text, context) => {
    try {
      return readSince(text, new Date());
    } catch (error) {
      context.addIssue((error as RangeError).message);
      return z.NEVER;
    }
  })
  .describe(
    'Only what changed since then. It must not be in the future; UTC if it has no offset. Such a sync deletes nothing',
  );

/** Options of a full sync; all of them are optional. */
const options = z
  .strictObject({
    models,
    since,
    allowMassDeletion: z.boolean().describe('Let the sweep delete more than SWEEP_MAX_SHARE of a table'),
  } satisfies Record<keyof FullSyncOptions, z.ZodType>)
  .partial();

// A POST without a body means "everything", so a plain curl -X POST is enough.
export const syncBody = options.pick({ models: true }).nullish();

export const fullSyncBody = options.nullish();

export const fullSyncsBody = options
  .omit({ models: true })
  .extend({
    perMinute: z
      .number()
      .int()
      .min(1)
      .max(6_000)
      .optional()
      .describe('How many begin per minute, after the first ten; 60 when left out'),
  })
  .nullish();

export const fullSyncsSchema = z.object({
  integrations: count.describe('How many active integrations are read'),
  perMinute: count,
  since: z.string().nullable(),
  minutes: count.describe('About how long it takes until the last one begins'),
  startedAt: time,
  alreadyRunning: z
    .boolean()
    .describe('The starts of an earlier request are still under way; the numbers are those of that one'),
  temporalUrl: temporalUrl.describe("The full syncs in Temporal's UI; null when TEMPORAL_UI_URL is not set"),
});

export const pauseBody = z.strictObject({
  reason: line(500).describe('Why you pause it; the status shows it'),
});

/** Of acts that need no reason. */
export const reasonBody = z
  .strictObject({ reason: line(500).optional().describe('Why, for the audit log') })
  .nullish();

const cancelled = z.array(z.string()).describe('Ids of the workflows that ran and were cancelled');

export const pausedSchema = z.object({
  integration: integrationSchema,
  paused: z.boolean().describe('false: it was paused before, and only the reason has changed'),
  cancelled,
} satisfies Shape<PausedIntegration>);

export const resumedSchema = z.object({
  integration: integrationSchema,
  resumed: z.boolean().describe('false: it was not paused'),
  sync: startedSchema.nullable().describe('The sync that reads what it missed; null if it was not paused'),
} satisfies Shape<ResumedIntegration>);

export const cancelledSchema = z.object({
  integrationId: z.string(),
  cancelled,
} satisfies Shape<CancelledSyncs>);
