import type { DriftCounts, SyncResult } from '../domain/sync.ts';
import { countsText, table } from './format.ts';

/** The result of a sync, endpoint by endpoint. */
export function resultText(result: SyncResult): string {
  const rows = Object.entries(result.endpoints).map(([endpoint, outcome]) => [
    endpoint,
    outcome.kind,
    outcome.status,
    outcome.counts.records,
    outcome.counts.created,
    outcome.counts.updated,
    outcome.counts.unchanged,
    outcome.counts.deleted,
    outcome.counts.rejected,
    driftOf(outcome.drift),
    outcome.reason?.message ?? outcome.sweep?.message ?? null,
  ]);
  const head = `${result.integrationId}: ${result.status} (${countsText(result.counts)})`;
  if (result.blocked) return `${head}\n${result.blocked.message}`;
  if (rows.length === 0) return head;
  const columns = [
    'ENDPOINT',
    'KIND',
    'STATUS',
    'RECORDS',
    'CREATED',
    'UPDATED',
    'UNCHANGED',
    'DELETED',
    'SET ASIDE',
    'DRIFT',
    'NOTE',
  ];
  return `${head}\n\n${table(columns, rows)}`;
}

function driftOf(drift: DriftCounts | undefined): number | null {
  if (!drift) return null;
  return drift.missing + drift.stale + drift.wronglyLive + drift.wronglyDeleted;
}
