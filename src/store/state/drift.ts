import type pg from 'pg';
import { driftVerdict, type DriftCounts } from '../../domain/counts.ts';
import type { Pass } from './passes.ts';

export function driftCounts(pass: Pass): DriftCounts {
  return {
    missing: pass.drift_missing,
    stale: pass.drift_stale,
    wronglyLive: pass.drift_wrongly_live,
    wronglyDeleted: pass.drift_wrongly_deleted,
    expected: pass.drift_expected,
  };
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
      driftVerdict(counts),
    ],
  );
}
