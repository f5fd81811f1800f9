import { sql, type Selectable } from 'kysely';
import type { Action, AuditOutcome, AuditSource } from '../../domain/audit.ts';
import type { Store } from '../database.ts';
import { LIMIT, toListed, type Listed, type ListOptions } from '../listed.ts';
import type { AuditLogTable } from '../schema.ts';

export interface AuditEntry {
  id: number;
  at: Date;
  actor: string;
  source: AuditSource;
  address: string | null;
  action: Action;
  integrationId: string | null;
  /** What you asked for: names, dates and reasons; never records or secrets. */
  details: Record<string, unknown>;
  outcome: AuditOutcome;
  /** Why it failed. */
  message: string | null;
  finishedAt: Date | null;
}

type AuditStart = Pick<AuditEntry, 'actor' | 'source' | 'address' | 'action' | 'integrationId' | 'details'>;

/** Records an act before it is done, so that the log also has acts that broke off. Returns its number. */
export async function beginAudit(store: Store, start: AuditStart): Promise<number> {
  const row = await store.db
    .insertInto('kombo_sync.audit_log')
    .values({
      actor: start.actor,
      source: start.source,
      address: start.address,
      action: start.action,
      integration_id: start.integrationId,
      details: JSON.stringify(start.details),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

export async function endAudit(
  store: Store,
  id: number,
  end: { outcome: Exclude<AuditOutcome, 'started'>; message?: string; details?: Record<string, unknown> },
): Promise<void> {
  await store.db
    .updateTable('kombo_sync.audit_log')
    .set({
      outcome: end.outcome,
      message: end.message ?? null,
      finished_at: sql<Date>`clock_timestamp()`,
      details: end.details && sql<string>`details || ${JSON.stringify(end.details)}::jsonb`,
    })
    .where('id', '=', id)
    .execute();
}

/** Acts, newest first. */
export async function listAudit(
  store: Store,
  { integrationId, after, limit = LIMIT }: ListOptions<number> & { integrationId?: string | undefined },
): Promise<Listed<AuditEntry, number>> {
  let query = store.db.selectFrom('kombo_sync.audit_log').selectAll();
  if (integrationId !== undefined) query = query.where('integration_id', '=', integrationId);
  if (after !== undefined) query = query.where('id', '<', after);
  const rows = await query
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
  return toListed(rows, limit, toEntry, ({ id }) => id);
}

function toEntry(row: Selectable<AuditLogTable>): AuditEntry {
  return {
    id: row.id,
    at: row.at,
    actor: row.actor,
    source: row.source,
    address: row.address,
    action: row.action,
    integrationId: row.integration_id,
    details: row.details as unknown as Record<string, unknown>,
    outcome: row.outcome,
    message: row.message,
    finishedAt: row.finished_at,
  };
}
