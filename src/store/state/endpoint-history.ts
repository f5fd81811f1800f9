import { NO_HISTORY, type Begun, type EndpointHistory } from '../../domain/decide.ts';
import { PASS_ALIVE_MS } from '../../domain/retry.ts';
import type { PassKind } from '../../domain/reads.ts';
import type { Store } from '../database.ts';
import { readDebts } from './debts.ts';
import { joinState } from '../sql.ts';

interface IntegrationHistory {
  /** The database's clock when this was read. */
  now: Date;
  endpoints: Map<string, EndpointHistory>;
  /** Another sync than the given one reads endpoints of the integration in full. */
  besideFullSync: boolean;
}

/** SQL for a pass that shows life: it writes, or waits for a limit and will continue. */
export const IS_ALIVE = `greatest(active_at, waits_until) > clock_timestamp() - ${PASS_ALIVE_MS} * interval '1 millisecond'`;

/**
 * What is known of each of the given endpoints. A few look-ups in an index for each, however long the history is.
 *
 * @param syncId the sync that asks: its own full passes are not another sync's.
 */
export async function readHistory(
  store: Store,
  integrationId: string,
  paths: readonly string[],
  syncId = '',
): Promise<IntegrationHistory> {
  const [passes, reading, debts] = await Promise.all([
    store.pool.query<{
      now: Date;
      endpoint: string;
      watermark: Date | null;
      lastFull: Date | null;
      fullBegun: Date | null;
    }>(PASSES, [integrationId, paths]),
    store.pool.query<{
      endpoint: string;
      kind: PassKind | 'sweep';
      started_at: Date;
      started_seq: number;
      other_full: boolean;
    }>(READING, [integrationId, syncId]),
    readDebts(store, integrationId),
  ]);
  const endpoints = new Map<string, EndpointHistory>();
  for (const { endpoint, watermark, lastFull, fullBegun } of passes.rows) {
    endpoints.set(endpoint, {
      watermark,
      lastFull,
      fullBegun,
      reading: {},
      debts: debts.get(endpoint) ?? {},
    });
  }
  for (const { endpoint, kind, started_at: at, started_seq: seq } of reading.rows) {
    const history = endpoints.get(endpoint);
    if (history) history.reading[kind] = latest(history.reading[kind], { at, seq });
  }
  return {
    now: passes.rows[0]?.now ?? new Date(0),
    endpoints,
    besideFullSync: reading.rows.some((row) => row.other_full),
  };
}

/** What is known about one endpoint, even if that is nothing. */
export const historyOf = ({ endpoints }: Pick<IntegrationHistory, 'endpoints'>, path: string) =>
  endpoints.get(path) ?? NO_HISTORY;

const PASSES = `
select clock_timestamp() as now, e.path as endpoint, state.watermark_at as watermark,
  state.last_full_at as "lastFull", begun.at as "fullBegun"
from unnest($2::text[]) as e(path)
${joinState('$1::text')}
left join lateral (
  -- Only needed if no read of the endpoint has ever ended. Before the first page, Kombo's clock is unknown; it may be
  -- up to a day behind.
  select case when p.pages > 0 then p.watermark_at else p.started_at - interval '1 day' end as at
  from kombo_sync.passes p
  where state.watermark_at is null and p.integration_id = $1::text and p.endpoint = e.path
    and p.updated_after is null and p.state in ('running', 'failed', 'abandoned')
  order by p.started_at desc limit 1) begun on true`;

const READING = `
select endpoint, case when state = 'running' then kind else 'sweep' end as kind, started_at, started_seq,
  state = 'running' and updated_after is null and sync_id <> $2 as other_full
from kombo_sync.passes
where integration_id = $1 and ${IS_ALIVE} and (state = 'running' or sweep_state in ('due', 'checking')
  -- If you cancelled the sync that listed, it shows life until it hears of it, but no run of it sweeps.
  and not exists (select from kombo_sync.debts d where d.integration_id = passes.integration_id
    and d.endpoint = passes.endpoint and d.kind = 'sweep' and d.woken_at = 'infinity'))`;

function latest(a: Begun | undefined, b: Begun): Begun {
  return a !== undefined && a.seq > b.seq ? a : b;
}
