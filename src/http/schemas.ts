import { z } from 'zod';
import { KNOWN_MODELS } from '../domain/catalogue/index.ts';
import type { PassCounts } from '../domain/sync.ts';

/** Shapes of the admin API. What leaves holds Dates in code and ISO strings on the wire. */
const time = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});

const count = z.number().int();
const counts = z.object({
  pages: count,
  records: count,
  created: count,
  updated: count,
  unchanged: count,
  deleted: count,
  restored: count,
  stale: count,
  rejected: count,
} satisfies Record<keyof PassCounts, typeof count>);

const reason = z.object({ code: z.string(), message: z.string() });

export const integrationSchema = z.object({
  id: z.string(),
  tool: z.string(),
  category: z.string(),
  status: z.enum(['active', 'paused', 'parked', 'removed']),
  statusReason: z.string().nullable(),
  unavailableModels: z.array(z.string()).describe('Models that the tool does not offer'),
  organizationName: z.string().nullable(),
  createdAt: time,
  updatedAt: time,
  freshAsOf: time.nullable().describe('Oldest watermark of its endpoints; null until each was read once'),
  failedEndpoints: z.array(z.string()),
  runningPasses: count,
  lastSyncAt: time.nullable(),
});

const passSchema = z.object({
  id: z.string(),
  syncId: z.string(),
  endpoint: z.string(),
  kind: z.enum(['delta', 'full']),
  state: z.enum(['running', 'completed', 'failed', 'skipped', 'abandoned']),
  trigger: z.string(),
  startedAt: time,
  finishedAt: time.nullable(),
  counts,
  error: reason.nullable(),
  sweepMessage: z.string().nullable().describe('Why a sweep deleted nothing, when it stopped'),
});

const endpointSchema = z.object({
  endpoint: z.string(),
  table: z.string(),
  watermark: time.nullable(),
  lastPass: passSchema.nullable(),
  lastFull: time.nullable(),
  liveRows: count,
  rejectedRecords: count,
  disabled: reason.extend({ since: time }).nullable(),
  owed: z.enum(['delta', 'full']).nullable(),
});

const scheduleSchema = z.object({
  id: z.string(),
  paused: z.boolean(),
  note: z.string().nullable(),
  when: z.string().describe('When it runs: a cron expression or an interval'),
  nextRuns: z.array(time),
  recentRuns: z.array(z.object({ workflowId: z.string(), at: time })),
});

export const integrationDetailSchema = integrationSchema.extend({
  endpoints: z.array(endpointSchema),
  schedules: z
    .object({ fullSync: scheduleSchema.nullable(), catchUp: scheduleSchema.nullable() })
    .nullable()
    .describe('null while Temporal cannot be reached'),
});

export const syncSchema = z.object({
  syncId: z.string(),
  workflowId: z.string(),
  runId: z.string(),
  trigger: z.string(),
  kind: z.enum(['delta', 'full']),
  status: z.enum(['running', 'completed', 'partial', 'failed']),
  startedAt: time,
  finishedAt: time.nullable(),
  counts,
  passes: z.array(passSchema),
});

export const integrationParams = z.object({ id: z.string().min(1).max(200) });

const models = z
  .array(
    z.string().refine((name) => KNOWN_MODELS.has(name), { error: 'is no known model, for example ats_jobs' }),
  )
  .min(1)
  .optional()
  .describe('Only what these models need; everything when left out');

// A POST without a body means "everything", so that curl -X POST is enough.
export const syncBody = z.object({ models }).strict().nullish();

export const fullSyncBody = z
  .object({
    models,
    since: z
      .union([z.iso.date(), z.iso.datetime({ offset: true })])
      .optional()
      .describe('Only what changed since then; such a sync deletes nothing'),
    allowMassDeletion: z
      .boolean()
      .optional()
      .describe('Let the sweep delete more than SWEEP_MAX_SHARE of a table'),
  })
  .strict()
  .nullish();

export const startedSchema = z.object({
  workflowId: z.string(),
  runId: z.string(),
  alreadyRunning: z.boolean(),
});

export const errorSchema = z.object({ error: reason });
