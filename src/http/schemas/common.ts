import { z } from 'zod';
import { isIntegrationId } from '../../domain/text.ts';
import type { PassCounts } from '../../domain/sync.ts';

/** Shapes that many answers share. What leaves holds Dates in code and ISO strings on the wire. */
export const time = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});

export const count = z.number().int();

export const counts = z
  .object({
    pages: count,
    records: count.describe('What Kombo returned'),
    created: count,
    updated: count,
    unchanged: count,
    deleted: count,
    restored: count,
    stale: count.describe('Older than what is stored, so not written'),
    rejected: count.describe('Set aside, since they could not be stored'),
  } satisfies Record<keyof PassCounts, typeof count>)
  .meta({ id: 'Counts' });

export const reason = z.object({
  code: z.string().describe('For programs'),
  message: z.string().describe('For people'),
});

/** A line of text from outside. Control characters have no meaning in any of them, and Postgres cannot hold all of them. */
export const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((text) => !/\p{C}/u.test(text), { error: 'holds a character that cannot be shown' });

/** A sort key inside a cursor: any value that Postgres can hold. */
export const keyText = z
  .string()
  .max(1_000)
  .regex(/^[^\0]*$/);

export const integrationId = z
  .string()
  .min(1)
  .max(200)
  .refine(isIntegrationId, { error: 'is not the id of an integration' })
  .describe('Id of the integration, as personio:CBNMt7dSNCzBdnRTx87dev4E');

export const integrationParams = z.object({ id: integrationId });

export const tableName = line(100).describe('Name of a table in schema kombo, as ats_jobs');
export const endpointPath = line(100).describe('An endpoint, as /ats/jobs');

export const flag = z.enum(['true', 'false']).transform((value) => value === 'true');

/** A whole number in a query, written in digits and nothing else: what JavaScript too takes for a number is a slip. */
export const wholeNumber = (max: number) =>
  z.preprocess(
    (text) => (typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : text),
    z.number({ error: 'must be a whole number' }).int().min(1).max(max),
  );

/** Query of what takes no parameters. */
export const noQuery = z.strictObject({});

export const limit = (standard = 100, max = 500) =>
  wholeNumber(max)
    .default(standard)
    .meta({
      description: `How many at most: 1 to ${max}, ${standard} when left out`,
      'x-default': standard,
    });

/** Query of a list that is read page by page. */
export const pageQuery = <T>(
  key: z.ZodType<T>,
  { standard = 100, max = 500 }: { standard?: number; max?: number } = {},
) => ({
  limit: limit(standard, max),
  cursor: cursor(key).optional().describe('`next` of the page before; the first page when left out'),
});

export const next = z
  .string()
  .nullable()
  .describe('Give it as `cursor` for the next page; null when this was the last one');

/** Where a page ends: the sort key of its last entry, so that what is added meanwhile moves nothing. */
function cursor<T>(key: z.ZodType<T>) {
  return z
    .string()
    .max(2_000)
    .transform((text, context): T => {
      const parsed = key.safeParse(parseJson(Buffer.from(text, 'base64url').toString('utf8')));
      if (parsed.success) return parsed.data;
      context.addIssue('is not the `next` of a page of this list');
      return z.NEVER;
    });
}

export function toCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
