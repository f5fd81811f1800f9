import { z } from 'zod';
import { CHANGE_OPS } from '../../../domain/change-ops.ts';
import type { ConsumerDetail } from '../../../operations/consumers.ts';
import { MOST_BEHIND, type Consumer, type ConsumerFailure } from '../../../store/state/consumers.ts';
import { count, line, time, type Shape } from './common.ts';

const MAX_NAME = 200;

export const consumerParams = z.object({ name: line(MAX_NAME).describe('The name that you chose') });

const consumerShape = {
  name: z.string(),
  seq: count.describe('The last change that it has handled'),
  tables: z.array(z.string()).nullable().describe('The tables that it wants; null for all of them'),
  copying: z
    .string()
    .nullable()
    .describe('The table whose live rows it reads first; null once it reads the feed'),
  holder: z.string().nullable().describe('The process that works; null if none does'),
  behind: count.describe(`Changes that it has not handled, of any table; not counted from ${MOST_BEHIND} on`),
  lagSeconds: z.number().describe('Age of the oldest of them; 0 if there is none'),
  failures: count.describe('Changes that it has skipped'),
  lastError: z.string().nullable().describe('Why its handler failed, until a batch is handled again'),
  lastErrorAt: time.nullable(),
  registeredAt: time,
  updatedAt: time.describe('When its position moved last'),
} satisfies Shape<Consumer>;

export const consumersSchema = z.object({
  consumers: z.array(z.object(consumerShape).meta({ id: 'Consumer' })),
});

const skippedSchema = z
  .object({
    seq: count,
    tableName: z.string(),
    integrationId: z.string(),
    id: z.string().describe('Of the record'),
    op: z.enum(CHANGE_OPS),
    error: z.string(),
    tries: count,
    failedAt: time,
    isDue: z.boolean().describe('It is to be taken up again'),
  } satisfies Shape<ConsumerFailure>)
  .meta({ id: 'SkippedChange' });

export const consumerSchema = z.object({
  ...consumerShape,
  skipped: z.array(skippedSchema).describe('The first hundred changes that it has skipped'),
} satisfies Shape<ConsumerDetail>);
