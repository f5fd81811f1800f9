import type { Selectable } from 'kysely';
import type pg from 'pg';
import type { DriftCounts, DriftVerdict } from '../../domain/counts.ts';
import type { Store } from '../database.ts';
import type { Pass } from './passes.ts';
import type { DriftTable } from '../schema.ts';

export interface DriftReport {
  at: Date;
  syncId: string;
  endpoint: string;
  counts: DriftCounts;
  verdict: DriftVerdict;
}

export function driftCounts(pass: Pass): DriftCounts {
  return {
    missing: pass.drift_missing,
    stale: pass.drift_stale,
    wronglyLive: pass.drift_wrongly_live,
    wronglyDeleted: pass.drift_wrongly_deleted,
    expected: pass.drift_expected,
  };
}

export function judgeDrift(counts: DriftCounts): DriftVerdict {
  const all = counts.missing + counts.stale + counts.wronglyLive + counts.wronglyDeleted;
  if (all === 0) return 'none';
  return counts.expected >= all ? 'expected' : 'unexpected';
}

/** Stores the report of a full pass. The first full pass of an endpoint has nothing to compare with, and reports nothing. */
export async function recordDrift(client: pg.ClientBase, pass: Pass): Promise<void> {
  if (pass.drift_before === null) return;
  const counts = driftCounts(pass);
  await client.query(
    `insert into kombo_sync.drift
       (pass_id, sync_id, integration_id, endpoint, missing, stale, wrongly_live, wrongly_deleted, expected, verdict)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict (pass_id) do update set
       missing = excluded.missing, stale = excluded.stale, wrongly_live = excluded.wrongly_live,
       wrongly_deleted = excluded.wrongly_deleted, expected = excluded.expected, verdict = excluded.verdict`,
    [
      pass.id,
      pass.sync_id,
      pass.integration_id,
      pass.endpoint,
      counts.missing,
      counts.stale,
      counts.wronglyLive,
      counts.wronglyDeleted,
      counts.expected,
      judgeDrift(counts),
    ],
  );
}

/** Reports of an integration, newest first. */
export async function listDrift(store: Store, integrationId: string, limit = 100): Promise<DriftReport[]> {
  const rows = await store.db
    .selectFrom('kombo_sync.drift')
    .selectAll()
    .where('integration_id', '=', integrationId)
    .orderBy('at', 'desc')
    .limit(limit)
    .execute();
  return rows.map(toDriftReport);
}

export function toDriftReport(row: Selectable<DriftTable>): DriftReport {
  return {
    at: row.at,
    syncId: row.sync_id,
    endpoint: row.endpoint,
    counts: {
      missing: row.missing,
      stale: row.stale,
      wronglyLive: row.wrongly_live,
      wronglyDeleted: row.wrongly_deleted,
      expected: row.expected,
    },
    verdict: row.verdict,
  };
}
