import type pg from 'pg';
import { DRIFT_COUNTS, driftVerdict, type DriftCounts } from '../../domain/counts.ts';
import { DRIFT_COLUMNS } from '../passes-schema.ts';
import type { DriftTable } from '../schema.ts';
import type { Pass } from './passes.ts';

/** The counts of a drift report. */
export function driftCounts(row: Pick<DriftTable, DriftColumn>): DriftCounts {
  return countsBy((key) => row[DRIFT_COLUMNS[key]]);
}

/** The counts of a pass so far. */
export function driftOfPass(pass: Pass): DriftCounts {
  return countsBy((key) => pass[`drift_${DRIFT_COLUMNS[key]}`]);
}

type DriftColumn = (typeof DRIFT_COLUMNS)[keyof DriftCounts];

function countsBy(read: (key: keyof DriftCounts) => number): DriftCounts {
  return Object.fromEntries(DRIFT_COUNTS.map((key) => [key, read(key)])) as DriftCounts;
}

const COLUMNS = DRIFT_COUNTS.map((key) => DRIFT_COLUMNS[key]);

/** Stores the drift report of a full pass. The first pass of an endpoint has nothing to compare with, and no report. */
export async function recordDrift(client: pg.ClientBase, pass: Pass): Promise<void> {
  if (pass.drift_before === null) return;
  const verdict = driftVerdict(driftOfPass(pass));
  await client.query(
    `insert into kombo_sync.drift (pass_id, sync_id, integration_id, endpoint, verdict, ${COLUMNS.join(', ')})
     select id, sync_id, integration_id, endpoint, $2, ${COLUMNS.map((column) => `drift_${column}`).join(', ')}
     from kombo_sync.passes where id = $1
     on conflict (pass_id) do update set
       ${['verdict', ...COLUMNS].map((column) => `${column} = excluded.${column}`).join(', ')}`,
    [pass.id, verdict],
  );
  await client.query(
    'update kombo_sync.endpoint_states set drift = $3 where integration_id = $1 and endpoint = $2',
    [pass.integration_id, pass.endpoint, verdict],
  );
}
