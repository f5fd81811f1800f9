import { sql, type Selectable } from 'kysely';
import type { Category } from '../domain/catalogue/index.ts';
import type { Store } from './database.ts';
import type { IntegrationsTable } from './schema.ts';

export type IntegrationState = 'active' | 'paused' | 'parked' | 'removed';

export interface Integration {
  id: string;
  tool: string;
  category: Category;
  status: IntegrationState;
  /** Why it is not active, for the operator. */
  statusReason: string | null;
  organizationName: string | null;
  /** Models that the tool does not offer. */
  unavailableModels: string[];
  /** Set while Kombo's data is stale because filters or scope changed. */
  dataExpiredAt: Date | null;
  lookedUpAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

export interface IntegrationInput {
  id: string;
  tool: string;
  category: Category;
  organizationName?: string | null;
  unavailableModels?: string[];
  dataExpiredAt?: Date | null;
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

/** Adds an integration, or brings what Kombo says of it up to date. A removed one that Kombo knows again is active again. */
export async function saveIntegration(store: Store, input: IntegrationInput): Promise<Integration> {
  const known = {
    tool: input.tool,
    category: input.category,
    organization_name: input.organizationName ?? null,
    unavailable_models: input.unavailableModels ?? [],
    data_expired_at: input.dataExpiredAt ?? null,
    looked_up_at: sql<Date>`now()`,
    updated_at: sql<Date>`now()`,
  };
  const row = await store.db
    .insertInto('kombo_sync.integrations')
    .values({ id: input.id, ...known })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet({
        ...known,
        status: sql`case integrations.status when 'removed' then 'active' else integrations.status end`,
        status_code: sql`case integrations.status when 'removed' then null else integrations.status_code end`,
        status_reason: sql`case integrations.status when 'removed' then null else integrations.status_reason end`,
      }),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
  return toIntegration(row);
}

export async function setIntegrationStatus(
  store: Store,
  id: string,
  status: IntegrationState,
  reason?: { code: string; message: string },
): Promise<void> {
  await store.db
    .updateTable('kombo_sync.integrations')
    .set({
      status,
      status_code: reason?.code ?? null,
      status_reason: reason?.message ?? null,
      updated_at: sql<Date>`now()`,
    })
    .where('id', '=', id)
    .execute();
}

/** The next sync looks the integration up at Kombo before anything else. */
export async function oweLookUp(store: Store, id: string): Promise<void> {
  await store.db
    .updateTable('kombo_sync.integrations')
    .set({ looked_up_at: null })
    .where('id', '=', id)
    .execute();
}

/** A read worked, so whatever parked the integration is over. */
export async function unpark(store: Store, id: string): Promise<void> {
  await store.db
    .updateTable('kombo_sync.integrations')
    .set({ status: 'active', status_code: null, status_reason: null, updated_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('status', '=', 'parked')
    .execute();
}

function toIntegration(row: Selectable<IntegrationsTable>): Integration {
  return {
    id: row.id,
    tool: row.tool,
    category: row.category,
    status: row.status,
    statusReason: row.status_reason,
    organizationName: row.organization_name,
    unavailableModels: row.unavailable_models,
    dataExpiredAt: row.data_expired_at,
    lookedUpAt: row.looked_up_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
