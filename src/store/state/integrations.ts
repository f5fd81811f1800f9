import { sql, type Selectable } from 'kysely';
import type { Category } from '../../domain/catalogue/index.ts';
import type { IntegrationStatus, KnownLife } from '../../domain/life.ts';
import type { Store } from '../database.ts';
import type { IntegrationsTable } from '../schema.ts';

export interface Integration {
  id: string;
  tool: string;
  category: Category;
  status: IntegrationStatus;
  /** Why it is not active: a code for programs, a reason for you. */
  statusCode: string | null;
  statusReason: string | null;
  statusSince: Date;
  /** Parked until you do something at Kombo. */
  needsAttention: boolean;
  /** When a parked one is looked up again, if that may help. */
  retryAt: Date | null;
  organizationName: string | null;
  /** Your own id of the customer. */
  originId: string | null;
  /** Models that the tool does not offer. */
  unavailableModels: string[];
  /** Your choice of models, among those that the settings allow; null for all of them. */
  models: string[] | null;
  excludeModels: string[] | null;
  /** Set while Kombo's data is outdated because filters or scope changed. */
  dataExpiredAt: Date | null;
  /** State and setup status as Kombo returns them. */
  komboState: string | null;
  setupStatus: string | null;
  komboCreatedAt: Date | null;
  /** When a webhook reported a deletion that no look-up has settled yet. */
  announcedDeletedAt: Date | null;
  /** Deletions reported up to this time do not concern the present connection. */
  deletionsVoidUpTo: Date | null;
  removedAt: Date | null;
  erasedAt: Date | null;
  lookedUpAt: Date | null;
  /** Since when Temporal may not match the status; null if it matches. */
  temporalDueAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

export interface IntegrationInput {
  id: string;
  tool: string;
  category: Category;
  organizationName?: string | null;
  originId?: string | null | undefined;
  unavailableModels?: string[];
  dataExpiredAt?: Date | null;
  state?: string | null;
  setupStatus?: string | null;
  /** When the connection was created at Kombo. */
  createdAt?: Date | null;
}

export async function listIntegrations(store: Store): Promise<Integration[]> {
  const rows = await store.db.selectFrom('kombo_sync.integrations').selectAll().orderBy('id').execute();
  return rows.map(toIntegration);
}

export async function findIntegration(store: Store, id: string): Promise<Integration | undefined> {
  const row = await store.db
    .selectFrom('kombo_sync.integrations')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  return row && toIntegration(row);
}

/** Whether an integration has this origin id. */
export async function hasOrigin({ db }: Pick<Store, 'db'>, originId: string): Promise<boolean> {
  const found = await db
    .selectFrom('kombo_sync.integrations')
    .select('id')
    .where('origin_id', '=', originId)
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}

/** Adds an integration, or updates what Kombo returns about it. Its status stays as it is; a new one is active. */
export async function saveIntegration(store: Store, input: IntegrationInput): Promise<Integration> {
  const known = {
    tool: input.tool,
    category: input.category,
    organization_name: input.organizationName ?? null,
    origin_id: input.originId ?? null,
    unavailable_models: input.unavailableModels ?? [],
    data_expired_at: input.dataExpiredAt ?? null,
    kombo_state: input.state ?? null,
    setup_status: input.setupStatus ?? null,
    kombo_created_at: input.createdAt ?? null,
    looked_up_at: sql<Date>`now()`,
    updated_at: sql<Date>`now()`,
  };
  const row = await store.db
    .insertInto('kombo_sync.integrations')
    .values({ id: input.id, ...known })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet({
        ...known,
        // The schedules are labelled with both.
        temporal_due_at: sql<Date | null>`case
          when (integrations.tool, integrations.category) = (excluded.tool, excluded.category)
          then integrations.temporal_due_at else now() end`,
      }),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
  return toIntegration(row);
}

/**
 * Stores an integration that a webhook named while Kombo does not answer the look-up: enough to read it. It is looked
 * up as soon as Kombo answers. An integration that is stored already stays as it is.
 */
export async function adoptUnseen(
  store: Store,
  { id, tool, category, originId = null }: Pick<IntegrationInput, 'id' | 'tool' | 'category' | 'originId'>,
): Promise<Integration | undefined> {
  await store.db
    .insertInto('kombo_sync.integrations')
    .values({ id, tool, category, origin_id: originId })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  return findIntegration(store, id);
}

/** What is stored about the life of an integration, including what Kombo last returned. */
export function knownLife(integration: Integration): KnownLife {
  const { status, statusCode, statusSince, removedAt, deletionsVoidUpTo } = integration;
  const { komboState, setupStatus, komboCreatedAt, dataExpiredAt } = integration;
  return {
    status,
    statusCode,
    statusSince,
    removedAt,
    knownSince: integration.createdAt,
    deletionsVoidUpTo,
    state: komboState,
    setupStatus,
    createdAt: komboCreatedAt,
    dataExpiredAt,
  };
}

/** A row of `integrations` as the rest of the code sees it. */
export function toIntegration(row: Selectable<IntegrationsTable>): Integration {
  return {
    id: row.id,
    tool: row.tool,
    category: row.category,
    status: row.status,
    statusCode: row.status_code,
    statusReason: row.status_reason,
    statusSince: row.status_since,
    needsAttention: row.needs_attention,
    retryAt: row.retry_at,
    organizationName: row.organization_name,
    originId: row.origin_id,
    unavailableModels: row.unavailable_models,
    models: row.models,
    excludeModels: row.exclude_models,
    dataExpiredAt: row.data_expired_at,
    komboState: row.kombo_state,
    setupStatus: row.setup_status,
    komboCreatedAt: row.kombo_created_at,
    announcedDeletedAt: row.announced_deleted_at,
    deletionsVoidUpTo: row.deletions_void_up_to,
    removedAt: row.removed_at,
    erasedAt: row.erased_at,
    lookedUpAt: row.looked_up_at,
    temporalDueAt: row.temporal_due_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
