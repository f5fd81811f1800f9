import { createHash } from 'node:crypto';
import type pg from 'pg';
import { SyncError } from '../../domain/errors.ts';
import type { RejectedRecord, StorableRecord } from '../../domain/records.ts';
import { getEndpoint } from '../../domain/catalogue/index.ts';
import { beginContent } from './begin-write.ts';
import { isDataError } from './data-tables.ts';
import { transaction, type Store } from '../database.ts';
import { payDebts, type Paid } from '../state/pay.ts';
import { PASS_COLUMNS, passLost, type Pass } from '../state/passes.ts';
import { INTEGRATION, NOT_REMOVED, refuseRemoved } from '../state/removed.ts';
import { textArray } from './text-array.ts';
import {
  isChange,
  NOTHING_WRITTEN,
  writeRecords,
  type WriteCounts,
  type WriteOptions,
  type WriteTarget,
} from './write-records.ts';

export interface Page {
  storable: readonly StorableRecord[];
  rejected: readonly RejectedRecord[];
  /** How many results the page had, stored or not. */
  results: number;
  /** Cursor of the next page; null ends the pass. */
  next: string | null;
  /** When the page was asked for, by the database's clock. */
  observedAt: Date;
  /** The same moment, or an earlier one, as a number of `kombo_sync.observations`. */
  askedSeq: number;
  /** Correction of the pass's start by Kombo's clock (milliseconds, at most 0). Only the first page's counts. */
  clockCorrectionMs: number;
  /** When the page was asked for, by Kombo's clock, or earlier; null if unknown. Only the first page's counts. */
  komboAskedAt: Date | null;
}

interface Committed {
  pass: Pass;
  changed: boolean;
  /** The debts that the end of the pass has paid; undefined until it ends. */
  paid?: Paid;
}

const UNIQUE_VIOLATION = '23505';

/**
 * Writes a page and moves the cursor in one transaction (invariant I7).
 *
 * @param begun gets the number of the moment at which the writing begins, once. A page that is asked for after that is
 * asked for after this one arrived, so the number can be its `askedSeq`.
 * @returns the new state of the pass and, once it has ended, the debts that it has paid.
 * @throws SyncError PassLost if another attempt has moved the pass meanwhile. Then nothing is written.
 * @throws SyncError IntegrationGone if the integration is removed. Then nothing is written either.
 * @throws SyncError CursorRepeated if `next` was followed before.
 */
export async function commitPage(
  store: Store,
  pass: Pass,
  page: Page,
  options: WriteOptions,
  begun: (seq: number) => void = () => {},
): Promise<Committed> {
  try {
    return await transaction(store.pool, (client) => commit(client, pass, page, options, false, begun));
  } catch (error) {
    if (isDataError(error))
      return transaction(store.pool, (client) => commit(client, pass, page, options, true));
    if (isRepeatedCursor(error)) {
      throw new SyncError(
        'CursorRepeated',
        `Kombo returned a cursor of ${pass.endpoint} for the second time.`,
        {
          cause: undefined,
        },
      );
    }
    throw error;
  }
}

async function commit(
  client: pg.ClientBase,
  pass: Pass,
  page: Page,
  options: WriteOptions,
  careful: boolean,
  begun: (seq: number) => void = () => {},
): Promise<Committed> {
  const written = { integrationId: pass.integration_id, endpoint: getEndpoint(pass.endpoint) };
  const started = await beginContent(client, written, options.fields);
  begun(started.arrivedSeq);
  const target: WriteTarget = {
    ...written,
    observedAt: page.observedAt,
    askedSeq: page.askedSeq,
    ...started,
    driftBefore: pass.drift_before,
    passId: pass.id,
  };
  const counts = await writeRecords(client, target, page.storable, page.rejected, options, careful);
  const moved = await movePass(client, pass, page, counts);
  const changed = isChange(counts);
  if (page.next !== null) return { pass: moved, changed };
  await tidyListing(client, moved);
  return { pass: moved, changed, paid: await payDebts(client, moved) };
}

/** What a page adds to the counts of its pass. The names are those of the columns. */
const COUNTED = Object.keys(NOTHING_WRITTEN) as (keyof WriteCounts)[];

const ADDED = ['records', ...COUNTED].map((name, index) => `${name} = ${name} + ($9::int[])[${index + 1}]`);

/** The sync of a replaced row still says how many endpoints it has checked: another of its rows keeps the number. */
const KEEP_NUMBER = `kept as (
  update kombo_sync.passes p set quiet_replaced = p.quiet_replaced + 1 + r.quiet_replaced
  from replaced r cross join lateral (
    select o.id from kombo_sync.passes o
    where o.sync_id = r.sync_id and o.integration_id = r.integration_id and o.id <> r.id
    order by o.quiet_checks > 0, o.id limit 1) keeper
  where p.id = keeper.id
)`;

/**
 * A delta without a record takes the place of the one before it, if that had none either: that nothing was new is told by one
 * row, with how often it was asked and since when. What it served stays known as read.
 */
const TAKE_PLACE = `quiet as (
  select id, integration_id, endpoint, started_seq from kombo_sync.passes
  where id = $2 and version = $3 and state = 'running' and kind = 'delta' and updated_after is not null and moves_watermark
    and records = 0 and $4::text is null and ($9::int[])[1] = 0 and ${NOT_REMOVED}
), replaced as (
  delete from kombo_sync.passes p using quiet q
  where p.integration_id = q.integration_id and p.endpoint = q.endpoint and p.quiet_checks > 0
    and p.started_seq < q.started_seq and not exists (
      select from kombo_sync.passes other
      where other.integration_id = q.integration_id and other.endpoint = q.endpoint and other.kind = 'delta'
        and other.quiet_checks = 0 and other.started_seq > p.started_seq and other.started_seq < q.started_seq)
  returning p.id, p.integration_id, p.sync_id, p.quiet_checks, p.quiet_since, p.quiet_replaced
), ${KEEP_NUMBER}, served as (
  update kombo_sync.sync_deliveries d set read = true from replaced where d.sync_id = replaced.sync_id
)`;

/** What a completed pass adds to what is known of its endpoint. Neither time goes back. */
const NOTE_STATE = `noted as (
  insert into kombo_sync.endpoint_states as s
    (integration_id, endpoint, watermark_at, watermark_pass, last_full_at, last_full_ended_at, last_full_pass)
  select integration_id, endpoint, case when moves_watermark then watermark_at end, case when moves_watermark then id end,
    case when updated_after is null then started_at end, case when updated_after is null then finished_at end,
    case when updated_after is null then id end
  from moved where state = 'completed' and (moves_watermark or updated_after is null)
  on conflict (integration_id, endpoint) do update set
    watermark_at = greatest(s.watermark_at, excluded.watermark_at),
    watermark_pass = case when excluded.watermark_at < s.watermark_at then s.watermark_pass
      else coalesce(excluded.watermark_pass, s.watermark_pass) end,
    last_full_at = greatest(s.last_full_at, excluded.last_full_at),
    last_full_ended_at = case when excluded.last_full_at < s.last_full_at then s.last_full_ended_at
      else coalesce(excluded.last_full_ended_at, s.last_full_ended_at) end,
    last_full_pass = case when excluded.last_full_at < s.last_full_at then s.last_full_pass
      else coalesce(excluded.last_full_pass, s.last_full_pass) end
)`;

/**
 * Moves a pass behind a page. The first page tells Kombo's clock, which corrects the watermark by a day at most; the last one
 * completes the pass, and a full listing is then due to be swept. The page's row keeps a cursor from being followed twice,
 * and what a full pass has listed.
 *
 * Parameters: $1 integration_id · $2 pass · $3 its version · $4 next cursor (null: none) · $5 its md5 · $6 ids on the
 * page · $7 correction by Kombo's clock in milliseconds · $8 when the page was asked for, by Kombo's clock (null:
 * unknown) · $9 counts, in the order of `ADDED`
 */
const MOVE_PASS = `
with ${INTEGRATION}, page as (
  insert into kombo_sync.pass_pages (pass_id, page, restart, next_hash, ids)
  select id, pages + 1, restarts, $5, case when updated_after is null then $6::text[] end
  from kombo_sync.passes where id = $2 and version = $3
), ${TAKE_PLACE}, moved as (
  update kombo_sync.passes set
    version = version + 1, pages = pages + 1, cursor = $4, active_at = clock_timestamp(), waits_until = null,
    error_code = null, error_message = null,
    watermark_at = case when pages > 0 then watermark_at
      else greatest(least(started_at + $7::int * interval '1 millisecond', $8::timestamptz), started_at - interval '1 day') end,
    state = case when $4::text is null then 'completed' else state end,
    finished_at = case when $4::text is null then clock_timestamp() end,
    sweep_state = case when $4::text is null and updated_after is null then 'due' else sweep_state end,
    quiet_checks = case when exists (select from quiet) then 1 + (select coalesce(sum(quiet_checks), 0) from replaced) else 0 end,
    quiet_since = case when exists (select from quiet) then least(started_at, (select min(quiet_since) from replaced)) end,
    ${ADDED.join(', ')}
  where id = $2 and version = $3 and state = 'running' and ${NOT_REMOVED}
  returning ${PASS_COLUMNS.join(', ')}
), ${NOTE_STATE}
select ${PASS_COLUMNS.join(', ')} from moved`;

async function movePass(client: pg.ClientBase, pass: Pass, page: Page, counts: WriteCounts): Promise<Pass> {
  const ids = textArray(idsOf(page));
  const { rows } = await client.query<Pass>({
    name: 'move_pass',
    text: MOVE_PASS,
    values: [
      pass.integration_id,
      pass.id,
      pass.version,
      page.next,
      page.next === null ? null : createHash('md5').update(page.next).digest('hex'),
      ids.value,
      page.clockCorrectionMs,
      page.komboAskedAt,
      [page.results, ...COUNTED.map((name) => counts[name])],
    ],
  });
  ids.release();
  const [moved] = rows;
  if (!moved) {
    await refuseRemoved(client, pass.integration_id);
    throw passLost(pass);
  }
  return moved;
}

function idsOf({ storable, rejected }: Page): string[] {
  const ids: string[] = [];
  for (const { id } of storable) ids.push(id);
  for (const { id } of rejected) if (id !== undefined) ids.push(id);
  return ids;
}

/** Removes what the end of a pass makes obsolete: a delta's pages, or what an older listing left. */
async function tidyListing(client: pg.ClientBase, pass: Pass): Promise<void> {
  if (pass.updated_after !== null) {
    await client.query('delete from kombo_sync.pass_pages where pass_id = $1', [pass.id]);
  } else {
    // A record without an id cannot be matched to its good version. A full listing that no longer shows it clears it.
    await client.query(
      `delete from kombo_sync.rejected_records
       where integration_id = $1 and endpoint = $2 and pass_id is distinct from $3 and last_seen_at < $4`,
      [pass.integration_id, pass.endpoint, pass.id, pass.started_at],
    );
    // The sweep of an older listing is obsolete now.
    await client.query(
      `update kombo_sync.passes set sweep_state = 'none'
       where integration_id = $1 and endpoint = $2 and id <> $3 and sweep_state in ('due', 'checking')
         and started_seq < $4`,
      [pass.integration_id, pass.endpoint, pass.id, pass.started_seq],
    );
  }
}

function isRepeatedCursor(error: unknown): boolean {
  const { code, constraint } = (error ?? {}) as { code?: string; constraint?: string };
  return code === UNIQUE_VIOLATION && constraint === 'pass_pages_cursor';
}
