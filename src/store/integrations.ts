import { sql, type Selectable } from 'kysely';
import type { Category } from '../domain/catalogue/index.ts';
import type { Seen } from '../domain/life.ts';
import type { Store } from './database.ts';
import type { IntegrationsTable } from './schema.ts';

export type IntegrationStatus = 'active' | 'paused' | 'parked' | 'removed';

export interface Integration {
  id: string;
  tool: string;
  category: Category;
  status: IntegrationStatus;
  /** Why it is not active, for programs and for the operator. */
  statusCode: string | null;
  statusReason: string | null;
  statusSince: Date;
  /** Parked until a person does something at Kombo. */
  needsPerson: boolean;
  /** How often it was found parked in a row. */
  failures: number;
  /** When it is looked at again, while it is parked and that may help. */
  retryAt: Date | null;
  organizationName: string | null;
  /** Models that the tool does not offer. */
  unavailableModels: string[];
  /** Set while Kombo's data is stale because filters or scope changed. */
  dataExpiredAt: Date | null;
  /** State and setup as Kombo says them. */
  komboState: string | null;
  setupStatus: string | null;
  komboCreatedAt: Date | null;
  /** A deletion that a webhook told of and that is not settled yet. */
  announcedDeletedAt: Date | null;
  removedAt: Date | null;
  erasedAt: Date | null;
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
  state?: string | null;
  setupStatus?: string | null;
  /** When the connection was made at Kombo. */
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

/** Adds an integration, or brings what Kombo says of it up to date. Its status stays as it is; a new one is active. */
export async function saveIntegration(store: Store, input: IntegrationInput): Promise<Integration> {
  const known = {
    tool: input.tool,
    category: input.category,
    organization_name: input.organizationName ?? null,
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
    .onConflict((conflict) => conflict.column('id').doUpdateSet(known))
    .returningAll()
    .executeTakeFirstOrThrow();
  return toIntegration(row);
}

/** The integration as Kombo has shown it last. */
export function lastSeen(integration: Integration): Seen {
  const { komboState, setupStatus, komboCreatedAt, dataExpiredAt } = integration;
  return { state: komboState, setupStatus, createdAt: komboCreatedAt, dataExpiredAt };
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
    needsPerson: row.needs_person,
    failures: row.failures,
    retryAt: row.retry_at,
    organizationName: row.organization_name,
    unavailableModels: row.unavailable_models,
    dataExpiredAt: row.data_expired_at,
    komboState: row.kombo_state,
    setupStatus: row.setup_status,
    komboCreatedAt: row.kombo_created_at,
    announcedDeletedAt: row.announced_deleted_at,
    removedAt: row.removed_at,
    erasedAt: row.erased_at,
    lookedUpAt: row.looked_up_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
