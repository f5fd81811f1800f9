import { timeTaken } from '../../domain/duration.ts';
import { type SyncResult } from '../../domain/sync.ts';
import { addCounts, NO_COUNTS, repaired, type PassCounts } from '../../domain/counts.ts';
import { countsText, table } from '../support/format.ts';

const COLUMNS = [
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

/** The result of a sync, endpoint by endpoint. */
export function resultText(result: SyncResult, tookMs: number | null = null): string {
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
    outcome.drift ? repaired(outcome.drift) : null,
    outcome.reason?.message ?? outcome.sweep?.message ?? null,
  ]);
  const { records } = result.counts;
  const speed = tookMs && records > 0 ? `, ${Math.round((records * 1_000) / tookMs)} records a second` : '';
  const took = tookMs === null ? '' : ` in ${timeTaken(tookMs)}`;
  const head = `${result.integrationId}: ${result.status}${took} (${countsText(result.counts)}${speed})`;
  if (result.blocked) return `${head}\n${result.blocked.message}`;
  const { quiet } = result;
  const rest = quiet.length > 0 ? `\n\nNothing new in ${quiet.join(', ')}.` : '';
  return rows.length === 0 ? `${head}${rest}` : `${head}\n\n${table(COLUMNS, rows)}${rest}`;
}

/** What failed: endpoint and reason. Null instead of an endpoint stands for the whole sync. */
export function troublesOf(result: SyncResult): [string | null, string][] {
  if (result.blocked) return [[null, result.blocked.message]];
  return result.failed.map((endpoint) => [endpoint, result.endpoints[endpoint]?.reason?.message ?? '']);
}

export function overallCounts(results: readonly SyncResult[]): PassCounts {
  return results.reduce((total, { counts }) => addCounts(total, counts), NO_COUNTS);
}
