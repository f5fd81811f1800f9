import { z } from 'zod';
import type { Category } from '../domain/catalogue/index.ts';
import { cleanLine, isCode, isLine, isName } from '../domain/text.ts';
import { parseTimestamp } from '../domain/timestamp.ts';

/*
 * What Kombo's answers must contain: only what a sync needs. Records may have new fields, lack some or have other
 * types, and are kept as they are. Every other text is of a kind below: it becomes a key, a label or a line.
 */

/** One line that can be shown and stored. */
const line = z.string().transform((text) => cleanLine(text));
const optionalLine = line.nullish().transform((text) => text ?? null);
/** An id is whole or left out: a cut id could name another customer. */
const optionalName = z
  .unknown()
  .optional()
  .transform((id) => (isName(id) ? id : null));
/** Null if it is not a time. */
const time = z
  .string()
  .nullish()
  .transform((text) => parseTimestamp(text ?? '') ?? null);

/** A cursor is stored, and goes into a URL: https://datatracker.ietf.org/doc/html/rfc9110#section-4.1-5 */
const MAX_CURSOR = 4_096;
const cursor = z.string().max(MAX_CURSOR).refine(isLine);

/** The code of a refusal; null if it does not look like a code. */
export const REFUSAL = z
  .object({ error: z.object({ code: z.unknown() }) })
  .transform(({ error: { code } }) => (isCode(code) ? code : null))
  .catch(null);

export const PAGE = z.object({
  // `next` must be there: without it, an answer that is cut off would count as the last page.
  data: z.object({ next: cursor.nullable(), results: z.array(z.unknown()) }),
});

/** Far more than Kombo has. */
const MAX_READ_MODELS = 1_000;

const INTEGRATION = z
  .object({
    id: z.string(),
    tool: z.object({ id: line }),
    category: line,
    status: optionalLine,
    setup_status: optionalLine,
    data_expired_at: time,
    created_at: time,
    end_user: z.object({ organization_name: optionalLine, origin_id: optionalName }).nullish(),
    read_models: z
      .array(z.object({ id: line, is_available: z.boolean().nullish() }))
      .max(MAX_READ_MODELS)
      .nullish(),
  })
  .transform((data): KomboIntegration => ({
    id: data.id,
    tool: data.tool.id,
    category: data.category,
    state: data.status,
    setupStatus: data.setup_status,
    organizationName: data.end_user?.organization_name ?? null,
    originId: data.end_user?.origin_id ?? null,
    createdAt: data.created_at,
    dataExpiredAt: data.data_expired_at,
    unavailableModels: (data.read_models ?? [])
      .filter((model) => model.is_available === false && model.id !== '')
      .map((model) => model.id),
  }));

/** The answer of `GET /integrations/{id}`. */
export const INTEGRATION_ANSWER = z.object({ data: INTEGRATION });

export interface KomboIntegration {
  id: string;
  tool: string;
  category: Category;
  /** ACTIVE, INVALID, INACTIVE. */
  state: string | null;
  /** INCOMPLETE, FINAL_SYNC_PENDING, COMPLETED. */
  setupStatus: string | null;
  organizationName: string | null;
  /** Your own id for the customer, which you gave when the connection link was made. */
  originId: string | null;
  /** When the connection was made. */
  createdAt: Date | null;
  /** Set while the data is stale because filters or scope changed. */
  dataExpiredAt: Date | null;
  unavailableModels: string[];
}
