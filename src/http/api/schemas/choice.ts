import { z } from 'zod';
import type { ChoiceRequest, SetIntegration } from '../../../operations/choose.ts';
import type { ErasedTable } from '../../../operations/erase-not-chosen.ts';
import { count, line, type Shape } from './common.ts';
import { notChosen } from './endpoints.ts';
import { integrationSchema } from './integrations.ts';
import { startedSchema } from './syncs.ts';

const names = z.array(line(100)).min(1).max(200).nullable();

/** What to change of an integration. Properties that are left out stay as they are. */
export const setBody = z
  .strictObject({
    models: names.describe(
      'Only these models (ats_jobs), tables or paths, `*` for any text; null for all that MODELS allows',
    ),
    excludeModels: names.describe('Never these, even if models picks them; null for none'),
    erase: z.boolean().describe('Erase the rows of what is no longer chosen; this cannot be undone'),
  } satisfies Record<keyof ChoiceRequest, z.ZodType>)
  .partial();

export const setSchema = z.object({
  integration: integrationSchema,
  changed: z.boolean().describe('false: it was chosen so before'),
  read: z.array(z.string()).describe('Paths of the endpoints that are read, as far as the tool offers them'),
  notChosen,
  sync: startedSchema
    .nullable()
    .describe('The sync that reads what is newly chosen; null if nothing is, or if nothing is read now'),
  erased: z
    .array(z.object({ table: z.string(), rows: count } satisfies Shape<ErasedTable>))
    .nullable()
    .describe('Rows that were erased, by table; null when that was not asked for'),
} satisfies Shape<SetIntegration>);
