import { z } from 'zod';
import { PASS_COUNTS } from '../../../domain/counts.ts';
import type { Reason } from '../../../domain/reads.ts';
import { ID_MAX_LENGTH, isIntegrationId, isLine } from '../../../domain/text.ts';
import { fromCursor, type Form } from '../../../operations/cursor.ts';

/**
 * A schema for each field of a type. With `satisfies`, the compiler checks that no field is missing, none is added, and
 * each has the field's type.
 */
export type Shape<T> = { [Field in keyof T]-?: z.ZodType<T[Field]> };

/** Shapes that many answers share. Times are Dates in the code and ISO strings in the answer. */
export const time = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});

export const count = z.number().int();

/** A count for each key. */
export const countsOf = <Key extends string>(keys: readonly Key[]) =>
  z.object(Object.fromEntries(keys.map((key) => [key, count])) as Record<Key, typeof count>);

export const counts = countsOf(PASS_COUNTS)
  .extend({
    records: count.describe('What Kombo returned'),
    stale: count.describe('Older than what is stored, so not written'),
    rejected: count.describe('Set aside, because they could not be stored'),
  })
  .meta({ id: 'Counts' });

export const reason = z.object({
  code: z.string().describe('For programs'),
  message: z.string().describe('A sentence to read; it may change'),
} satisfies Shape<Reason>);

/** An address in Temporal's UI. */
export const temporalUrl = z.string().nullable();

/** A line of text from outside. */
export const line = (max: number) =>
  z.string().min(1).max(max).refine(isLine, { error: 'holds a character that cannot be shown' });

export const integrationId = z
  .string()
  .refine(isIntegrationId, { error: 'is not the id of an integration' })
  .describe('Id of the integration, for example personio:CBNMt7dSNCzBdnRTx87dev4E')
  .meta({ minLength: 1, maxLength: ID_MAX_LENGTH });

export const integrationParams = z.object({ id: integrationId });

export const tableName = line(100).describe('Name of a table of DATA_SCHEMA, such as ats_jobs');
export const endpointPath = line(100).describe('An endpoint, for example /ats/jobs');

export const flag = z.enum(['true', 'false']).transform((value) => value === 'true');

/** A whole number in a query, written in digits only. Other texts that JavaScript takes for numbers are slips. */
export const wholeNumber = (max: number) =>
  z.preprocess(
    (text) => (typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : text),
    z.number({ error: 'must be a whole number' }).int().min(1).max(max),
  );

/** The query of a route without parameters. */
export const noQuery = z.strictObject({});

export const limit = (standard = 100, max = 500) =>
  wholeNumber(max)
    .default(standard)
    .meta({
      description: `How many at most: 1 to ${max}, ${standard} when left out`,
      'x-default': standard,
    });

/** The query of a list that is read page by page. @param form the types of its sort key's parts */
export const pageQuery = <const F extends Form>(
  form: F,
  { standard = 100, max = 500 }: { standard?: number; max?: number } = {},
) => ({
  limit: limit(standard, max),
  cursor: cursor(form).optional().describe('`next` of the page before; the first page when left out'),
});

export const next = z
  .string()
  .nullable()
  .describe('Pass it as `cursor` for the next page; null if this is the last one');

/** The `next` of a page, which the caller sends to get the next page. */
const cursor = <const F extends Form>(form: F) =>
  z
    .string()
    .max(2_000)
    .transform((text, context) => {
      const key = fromCursor(text, form);
      if (key) return key;
      context.addIssue('is not the `next` of a page of this list');
      return z.NEVER;
    });
