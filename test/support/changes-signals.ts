import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { TableChanged } from '../../src/domain/changes-signal.ts';
import type { Store } from '../../src/store/database.ts';

/** The signals of CHANGES_SIGNAL that a workflow has got, oldest first. */
export async function signalsTo(client: Client, workflowId: string): Promise<TableChanged[]> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) =>
    signal ? [defaultPayloadConverter.fromPayload<TableChanged>(signal.input!.payloads![0]!)] : [],
  );
}

/** Where the feed begins and ends, of all tables or of one. */
export async function feedOf({ pool }: Store, table?: string): Promise<{ first: number; last: number }> {
  const { rows } = await pool.query<{ first: number; last: number }>(
    `select coalesce(min(seq), 0)::int as first, coalesce(max(seq), 0)::int as last
     from kombo_sync.changes where $1::text is null or table_name = $1`,
    [table ?? null],
  );
  return rows[0]!;
}

/** All that was owed before counts as signalled. */
export async function forgetOwed({ pool }: Store): Promise<void> {
  await pool.query(
    `update kombo_sync.changes_signals_found set seq = kombo_sync.changes_horizon()
     where seq < kombo_sync.changes_horizon()`,
  );
  await pool.query(
    'update kombo_sync.changes_signals set seq = up_to, failures = 0, error = null, next_at = now()',
  );
}
