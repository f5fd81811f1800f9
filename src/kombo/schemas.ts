import { z } from 'zod';
import type { Category } from '../domain/catalogue/index.ts';

/**
 * What is asked of Kombo's answers: only what a sync cannot do without. Everything else may be new, missing or of another
 * type, and is kept in the raw record.
 */
export const PAGE = z.object({
  // Without a word about the next page, an answer that was cut short would count as the last one.
  data: z.object({ next: z.string().nullable(), results: z.array(z.unknown()) }),
});

export const KOMBO_INTEGRATION = z.object({
  data: z.object({
    tool: z.object({ id: z.string() }),
    category: z.string(),
    status: z.string().nullish(),
    setup_status: z.string().nullish(),
    data_expired_at: z.string().nullish(),
    created_at: z.string().nullish(),
    end_user: z.object({ organization_name: z.string().nullish() }).nullish(),
    read_models: z.array(z.object({ id: z.string(), is_available: z.boolean().nullish() })).nullish(),
  }),
});

/** An integration as `GET /integrations/{id}` tells it; its id is the one that was asked for. */
export interface KomboIntegration {
  tool: string;
  category: Category;
  /** ACTIVE, INVALID, INACTIVE. */
  state: string | null;
  /** INCOMPLETE, FINAL_SYNC_PENDING, COMPLETED. */
  setupStatus: string | null;
  organizationName: string | null;
  /** When the connection was made. */
  createdAt: Date | null;
  /** Set while the data is stale because filters or scope changed. */
  dataExpiredAt: Date | null;
  unavailableModels: string[];
}
