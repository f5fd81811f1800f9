import { shellWord } from '../../domain/text.ts';
import type pg from 'pg';
import { getEndpoint } from '../../domain/catalogue/index.ts';
import type { StorableRecord } from '../../domain/records.ts';
import { quote } from './data-tables.ts';
import { patiently, transaction, type PatientQuery, type Store } from '../database.ts';
import { paySweep } from '../state/pay.ts';
import { passLost, type Pass } from '../state/passes.ts';
import { INTEGRATION, NOT_REMOVED, refuseRemoved } from '../state/removed.ts';
import { recordDrift } from '../state/drift.ts';
import { beginContent } from './begin-write.ts';
import { comparisonSql, correctCount, countDeleted, type Comparison, type RowCount } from './row-counts.ts';
import { isChange, writeRecords, type WriteOptions, type WriteTarget } from './write-records.ts';

/** A table with fewer live rows is small: a share says little, and Kombo is asked about every candidate anyway. */
const BIG_TABLE_ROWS = 100;

interface SweepLimits {
  /** Share of the live rows (0 to 1) above which the sweep of a big table stops. */
  maxShare: number;
  /** You have said that the deletions are right. */
  allowMassDeletion: boolean;
}

/** The ids of a listing. Parameter: $1 the pass. */
const LISTED = `with listed as materialized (
  select distinct id from kombo_sync.pass_pages, unnest(ids) as id where pass_id = $1)`;

/**
 * First step of a sweep: notes the live rows that a complete listing did not show. It leaves out rows that were asked
 * for since the pass began. The listing may be wrong, so nothing is deleted yet; if too much is missing, nothing will
 * be. It sees all rows, so it also puts right how many of them are counted.
 *
 * @param corrected gets what the count was wrong by, if it was.
 */
export async function findCandidates(
  store: Store,
  pass: Pass,
  limits: SweepLimits,
  corrected: (by: RowCount) => void = () => {},
): Promise<Pass> {
  const { table } = getEndpoint(pass.endpoint);
  const { pass: looked, comparison } = await lookForCandidates(store, pass, limits);
  // In a transaction of its own, so that no page waits for the count and for the row of the pass at once.
  const by = comparison && (await correctCount(store, pass.integration_id, table, comparison));
  if (by) corrected(by);
  return looked;
}

async function lookForCandidates(
  store: Store,
  pass: Pass,
  limits: SweepLimits,
): Promise<{ pass: Pass; comparison: Comparison | null }> {
  const { table, path } = getEndpoint(pass.endpoint);
  return patiently(store.pool, async (query) => {
    const locked = await lockPass(query, pass.id);
    if (locked.sweep_state !== 'due') return { pass: locked, comparison: null };
    // The planner does not know the size of the listing and may compare every row with every id. A hash suits any size.
    await query(`set local enable_nestloop = off; set local lock_timeout = '2s'`);
    // Most listings lack nothing: one look over the rows counts all, and nothing is written.
    const looked = await query<Comparison & { candidates: number }>(
      `${LISTED}
       select count(*) filter (where t.deleted_at is null and l.id is null and t.asked_seq < $3)::int as candidates,
         ${comparisonSql('$2', table)}
       from kombo.${quote(table)} t left join listed l on l.id = t.id
       where t.integration_id = $2`,
      [pass.id, pass.integration_id, locked.started_seq],
    );
    const { candidates, ...comparison } = looked.rows[0]!;
    const rows = comparison.live;
    const stop = !limits.allowMassDeletion && rows >= BIG_TABLE_ROWS && candidates > rows * limits.maxShare;
    const message = stop
      ? `The listing of ${path} lacks ${candidates} of ${rows} live records, and Kombo sent no deletion for them. Nothing was deleted. ` +
        `If they are really gone, run: sync full ${shellWord(pass.integration_id)} --models ${table} --allow-mass-deletion`
      : null;
    if (!stop && candidates > 0) await noteCandidates(query, locked, table);
    const state = stop ? 'stopped' : 'checking';
    return {
      pass: await updateSweep(query, pass.id, { sweep_state: state, candidates, message }),
      comparison,
    };
  });
}

/** As many ids as Kombo is asked for at once: a row for each id would write twelve times as much to the WAL. */
const IDS_IN_ROW = 100;

async function noteCandidates(query: PatientQuery, pass: Pass, table: string): Promise<void> {
  await query(
    `insert into kombo_sync.sweep_candidates (pass_id, part, ids)
     ${LISTED}, missing as (
       select t.id, (row_number() over (order by t.id) - 1) / ${IDS_IN_ROW} as part from kombo.${quote(table)} t
       where t.integration_id = $2 and t.deleted_at is null and t.asked_seq < $3
         and not exists (select from listed l where l.id = t.id)
     )
     select $1, part, array_agg(id order by id) from missing group by part`,
    [pass.id, pass.integration_id, pass.started_seq],
  );
}

/** The next candidates to ask Kombo about, in key order; no more than a row holds. */
export async function nextCandidates(store: Store, pass: Pass, limit: number): Promise<string[]> {
  const { rows } = await store.pool.query<{ ids: string[] }>(
    'select ids from kombo_sync.sweep_candidates where pass_id = $1 order by part limit 1',
    [pass.id],
  );
  return rows[0]?.ids.slice(0, limit) ?? [];
}

/** They are those of `nextCandidates`, or the first of them. */
async function removeCandidates(
  client: pg.ClientBase,
  { id }: Pass,
  asked: readonly string[],
): Promise<void> {
  const ofFirst = `pass_id = $1 and part = (
    select part from kombo_sync.sweep_candidates where pass_id = $1 order by part limit 1)`;
  const { rowCount } = await client.query(
    `delete from kombo_sync.sweep_candidates where ${ofFirst} and ids <@ $2`,
    [id, asked],
  );
  if (rowCount === 0) {
    await client.query(
      `update kombo_sync.sweep_candidates set ids = array(
         select one from unnest(ids) with ordinality as u (one, n) where one <> all($2) order by n)
       where ${ofFirst}`,
      [id, asked],
    );
  }
}

export interface SweepAnswer {
  asked: readonly string[];
  /** The records that Kombo returned for them, written like any other record. */
  returned: readonly StorableRecord[];
  /** Ids of records that Kombo returned but that cannot be stored: they exist. */
  unreadable: readonly string[];
  /** When Kombo was asked, by the database's clock. */
  observedAt: Date;
  /** The same moment, or an earlier one, as a number of `kombo_sync.observations`. */
  askedSeq: number;
}

/**
 * Writes what Kombo returned for the candidates, and marks those as deleted that it no longer knows.
 *
 * @throws SyncError IntegrationGone if the integration is removed, PassLost if only the pass is; writes nothing then.
 */
export async function settleCandidates(
  store: Store,
  pass: Pass,
  answer: SweepAnswer,
  options: WriteOptions,
): Promise<{ deleted: number; changed: boolean }> {
  const endpoint = getEndpoint(pass.endpoint);
  const present = new Set([...answer.returned.map((record) => record.id), ...answer.unreadable]);
  const gone = answer.asked.filter((id) => !present.has(id));
  return transaction(store.pool, async (client) => {
    const started = await beginContent(
      client,
      { integrationId: pass.integration_id, endpoint },
      options.fields,
    );
    const target: WriteTarget = {
      integrationId: pass.integration_id,
      endpoint,
      observedAt: answer.observedAt,
      askedSeq: answer.askedSeq,
      ...started,
      driftBefore: null,
      passId: pass.id,
    };
    const counts = await writeRecords(client, target, answer.returned, [], options, true);
    const deleted = await markGone(client, target, gone);
    await removeCandidates(client, pass, answer.asked);
    const { rowCount } = await client.query(
      `with ${INTEGRATION}
       update kombo_sync.passes set
         sweep_deleted = sweep_deleted + $3, active_at = clock_timestamp(), waits_until = null,
         error_code = null, error_message = null, created = created + $4,
         updated = updated + $5, deleted = deleted + $3 + $6, restored = restored + $7,
         drift_wrongly_live = drift_wrongly_live + case when drift_before is null then 0 else $3 end,
         drift_expected = drift_expected + case when drift_before is null then 0 else $3 end
       where id = $2 and sweep_state = 'checking' and ${NOT_REMOVED}`,
      [
        pass.integration_id,
        pass.id,
        deleted,
        counts.created,
        counts.updated,
        counts.deleted,
        counts.restored,
      ],
    );
    if (!rowCount) {
      await refuseRemoved(client, pass.integration_id);
      throw passLost(pass);
    }
    return { deleted, changed: deleted > 0 || isChange(counts) };
  });
}

/** A missing record has no changed_at, so the moment of asking decides. */
async function markGone(client: pg.ClientBase, target: WriteTarget, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0;
  const { table } = target.endpoint;
  const marked = await client.query(
    `with gone as (
       update kombo.${quote(table)}
         set deleted_at = $3, observed_at = $3, asked_seq = $5, arrived_seq = $6
       where integration_id = $1 and id = any($2) and deleted_at is null and asked_seq <= $5
       returning id
     ), ${countDeleted(table, 'gone')}
     insert into kombo_sync.changes (integration_id, table_name, id, op, changed_fields)
     select $1, $4, id, 'deleted', '{}' from gone order by id`,
    [target.integrationId, ids, target.observedAt, table, target.askedSeq, target.arrivedSeq],
  );
  return marked.rowCount ?? 0;
}

/** Ends a full pass: records the drift and removes the listing. */
export async function finishSweep(store: Store, pass: Pass): Promise<Pass> {
  return transaction(store.pool, async (client) => {
    const query: PatientQuery = (text, values = []) => client.query(text, [...values]);
    const locked = await lockPass(query, pass.id);
    if (locked.sweep_state === 'checking') {
      await client.query(
        `update kombo_sync.passes set sweep_state = 'done', waits_until = null, error_code = null, error_message = null
         where id = $1`,
        [pass.id],
      );
    }
    const done = await lockPass(query, pass.id);
    await recordDrift(client, done);
    await paySweep(client, done);
    await client.query('delete from kombo_sync.pass_pages where pass_id = $1', [pass.id]);
    return done;
  });
}

async function lockPass(query: PatientQuery, id: number): Promise<Pass> {
  const { rows } = await query<Pass>('select * from kombo_sync.passes where id = $1 for update', [id]);
  if (!rows[0]) throw new Error(`Pass ${id} is gone from kombo_sync.passes.`);
  return rows[0];
}

async function updateSweep(
  query: PatientQuery,
  id: number,
  sweep: { sweep_state: string; candidates: number; message: string | null },
): Promise<Pass> {
  const { rows } = await query<Pass>(
    `update kombo_sync.passes set sweep_state = $2, sweep_candidates = $3, sweep_message = $4,
       active_at = clock_timestamp() where id = $1 returning *`,
    [id, sweep.sweep_state, sweep.candidates, sweep.message],
  );
  return rows[0]!;
}
