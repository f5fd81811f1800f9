import type { ColumnType, EndpointDefinition } from '../../domain/catalogue/index.ts';
import { quote } from './data-tables.ts';
import { countDeleted, countStep } from './row-counts.ts';
import { literal } from './views.ts';

/** What a page holds that others do not. */
export interface UpsertVariant {
  withProjections?: boolean;
  withOthers?: boolean;
  /** Some fields are not stored. */
  chosen?: boolean;
}

const made = new WeakMap<EndpointDefinition, Map<string, { name: string; text: string }>>();

/** `upsertSql` with a name for it. The text is long, so it is made once for each variant and not for each page. */
export function upsertStatement(
  endpoint: EndpointDefinition,
  variant: UpsertVariant,
): { name: string; text: string } {
  const { withProjections, withOthers, chosen } = variant;
  const kind = `${withProjections ? '_misfits' : ''}${withOthers ? '_others' : ''}${chosen ? '_chosen' : ''}`;
  let statements = made.get(endpoint);
  if (!statements) made.set(endpoint, (statements = new Map()));
  let statement = statements.get(kind);
  if (!statement) {
    statement = { name: `upsert_${endpoint.table}${kind}`, text: upsertSql(endpoint, variant) };
    statements.set(kind, statement);
  }
  return statement;
}

/**
 * The statement that writes a page. One round trip: the page goes in as one parameter, Postgres takes the columns
 * out of it, and counts come back. Rows that would not change are not touched, so that a no-op leaves no dead tuple.
 *
 * An answer that was asked for after the stored one arrived is newer, even if its times are older. Two answers that
 * were under way at once are ordered by (changed_at, asked_seq), because Kombo may have built the later one earlier. If
 * only nested data changed, Kombo returns the parent with its old changed_at; then the moment of asking decides. A
 * record without changed_at is ordered by asked_seq alone, and so is one that a sweep marked deleted, because Kombo
 * then said that it does not exist. Ties are written.
 *
 * Runs after `kombo_sync.begin_write`, which admits one writer per integration and table, so `inserted` and `updated`
 * meet the rows that `classified` looked at. Rows are updated by their place, which saves a second look-up; if another
 * transaction has moved one meanwhile, `missed` counts it and the transaction must not commit.
 *
 * Why it looks like this (docs/performance.md): many small values parse faster than a large one. Each step that reads
 * `classified` copies its rows, so they are narrow. Columns are taken only from rows that are written. `offset 0` keeps
 * Postgres from computing a value at each use, and hides that all rows have one integration_id: otherwise it could plan
 * to read all rows of the integration while the table is small, and still do so when it has grown.
 *
 * Parameters: $1 integration_id · $2 records, as JSON texts · $3 observed_at · $4 changes up to here should already have
 * come (null: none) · $5 endpoint · $6 asked_seq · $7 arrived_seq · only
 * `chosen`: $8 keys of nested records whose times do not count (none: no record has such) · $9 the pass · then, only `withProjections`: jsonb object,
 * position in $2 → record to take the columns from, where some field does not fit · last, only `withOthers`: names of fields
 * that are compared in the records themselves
 *
 * If some fields are not stored, a record with only new times counts as unchanged: the change is in a field that is not
 * stored. It is still written while another read of the endpoint is under way, because that read may bring an older
 * version late, and the times distinguish the two.
 */
export function upsertSql(
  endpoint: EndpointDefinition,
  { withProjections = false, withOthers = false, chosen = false }: UpsertVariant,
): string {
  const last = chosen ? 9 : 7;
  const table = `kombo.${quote(endpoint.table)}`;
  const fields = Object.keys(endpoint.fields).map(quote);
  const source = (row: string) =>
    withProjections ? `coalesce($${last + 1}::jsonb -> (${row}.n - 1)::text, ${row}.raw)` : `${row}.raw`;
  const columns = Object.entries(endpoint.fields).map(([name, type]) => column(source('c'), name, type));
  const others = withOthers ? `$${last + (withProjections ? 2 : 1)}` : undefined;
  const unlogged = chosen ? `'unchanged', 'stale', 'touched'` : `'unchanged', 'stale'`;
  const list = (names: readonly string[]) => names.map((name) => `${name}, `).join('');
  return `
with page as (
  select $1::text as integration_id, n, record::jsonb as raw
  from unnest($2::text[]) with ordinality as records(record, n)
  offset 0
), incoming as (
  select *, ${column(source('page'), 'id', 'text')} as id,
    ${column(source('page'), 'changed_at', 'timestamptz')} as changed_at,
    ${column(source('page'), 'remote_deleted_at', 'timestamptz')} as remote_deleted_at
  from page
  offset 0
), classified as materialized (
  select i.*, t.ctid as place, t.changed_at as old_changed_at,
    case
      when t.id is null then case when i.remote_deleted_at is null then 'created' else 'deleted' end
      -- Its fields were erased, so only its deletion is kept.
      when t.erased_at is not null and i.remote_deleted_at is not null then 'unchanged'
      when t.raw = i.raw and t.deleted_at is not distinct from i.remote_deleted_at then 'unchanged'
      when t.deleted_at is not null and t.remote_deleted_at is null then
        case when t.asked_seq > $6::bigint then 'stale'
          when i.remote_deleted_at is null then 'restored' else 'updated' end
      when t.arrived_seq > $6::bigint and (coalesce(t.changed_at, '-infinity'), t.asked_seq)
         > (coalesce(i.changed_at, t.changed_at, '-infinity'), $6::bigint) then 'stale'
      when t.deleted_at is null and i.remote_deleted_at is not null then 'deleted'
      when t.deleted_at is not null and i.remote_deleted_at is null then 'restored'${chosen ? ONLY_TIMES : ''}
      else 'updated'
    end as op,
    t.id is null as missing
  from incoming i
  left join ${table} t on t.integration_id = i.integration_id and t.id = i.id
), inserted as (
  insert into ${table} (integration_id, id, ${list(fields)}raw, changed_at, remote_deleted_at, deleted_at, observed_at,
    asked_seq, arrived_seq)
  select c.integration_id, c.id, ${list(columns)}c.raw, c.changed_at, c.remote_deleted_at, c.remote_deleted_at, $3::timestamptz,
    $6::bigint, $7::bigint
  from classified c
  where c.missing
), updated as (
  update ${table} t set
    (${list(fields)}raw, changed_at, remote_deleted_at, deleted_at, erased_at, observed_at, asked_seq, arrived_seq)
    = row(${list(columns)}c.raw, coalesce(c.changed_at, c.old_changed_at), c.remote_deleted_at, c.remote_deleted_at, null, $3::timestamptz,
      $6::bigint, $7::bigint)
  from classified c
  join ${table} o on o.ctid = c.place
  where not c.missing and c.op not in ('unchanged', 'stale') and t.ctid = c.place
  returning c.n, c.id, c.op, ${changedFields(endpoint, others)} as fields
), logged as (
  insert into kombo_sync.changes (integration_id, table_name, id, op, changed_fields)
  select $1::text, '${endpoint.table}', id, op, fields
  from (select n, id, op, null::text[] as fields from classified where missing union all select * from updated) written
  where op not in (${unlogged})
  order by n
), cleared as (
  delete from kombo_sync.rejected_records r
  using classified c
  where r.integration_id = $1::text and r.endpoint = $5::text and r.record_key = c.id
), judged as (
  select op, missing,
    -- A change at Kombo after the newest completed pass began is news; an earlier one is drift. A record without a
    -- time, for example an assessment order, may be news if it came or came back.
    op not in (${unlogged})
      and coalesce(greatest(changed_at, remote_deleted_at), case op when 'updated' then '-infinity'::timestamptz end)
        <= $4::timestamptz as late,
    -- Only nested data changed, or Kombo went back in time: a delta need not show that.
    not missing and (op = 'updated' and changed_at is not distinct from old_changed_at
      or greatest(changed_at, remote_deleted_at) < old_changed_at) as hidden
  from classified
), summed as (
  select
    count(*) filter (where op = 'created')::int as created,
    count(*) filter (where op = 'updated')::int as updated,
    count(*) filter (where op in ('unchanged', 'touched'))::int as unchanged,
    count(*) filter (where op = 'deleted')::int as deleted,
    count(*) filter (where op = 'restored')::int as restored,
    count(*) filter (where op = 'stale')::int as stale,
    count(*) filter (where late and op = 'created')::int as drift_missing,
    count(*) filter (where late and op = 'updated')::int as drift_stale,
    count(*) filter (where late and op = 'deleted' and not missing)::int as drift_wrongly_live,
    count(*) filter (where late and op = 'restored')::int as drift_wrongly_deleted,
    count(*) filter (where late and hidden)::int as drift_expected,
    (count(*) filter (where not missing and op not in ('unchanged', 'stale')) - (select count(*) from updated))::int as missed,
    count(*) filter (where op = 'deleted' and missing)::int as never_live
  from judged
), ${countStep(endpoint.table, {
    live: 'created + restored - (deleted - never_live)',
    deleted: 'deleted - restored',
    from: 'summed',
  })}
select * from summed`;
}

const ONLY_TIMES = `
      when t.deleted_at is not distinct from i.remote_deleted_at
        and (t.raw - 'changed_at' = i.raw - 'changed_at'
          -- All times have the same length. Looking at nested ones takes longer than writing the row.
          or cardinality($8::text[]) > 0 and octet_length(t.raw::text) = octet_length(i.raw::text)
            and kombo_sync.without_times(t.raw, $8::text[]) = kombo_sync.without_times(i.raw, $8::text[])) then
        case when (select exists (
          select from kombo_sync.passes p where p.integration_id = $1::text and p.endpoint = $5::text
            and p.id is distinct from $9::bigint and (p.state = 'running' or p.sweep_state in ('due', 'checking'))))
          then 'touched' else 'unchanged' end`;

/**
 * Names of the fields that differ between a row as it was, `o`, and as it is written, `t`. Columns are compared as they are:
 * to look into both records costs several times as much, so that is left to names that have no column, or values that do not
 * fit theirs.
 *
 * @param others the parameter with those names, if there are some.
 */
function changedFields({ fields }: EndpointDefinition, others: string | undefined): string {
  const moved = [...Object.keys(fields), 'remote_deleted_at'].map(
    (name) => `case when t.${quote(name)} is distinct from o.${quote(name)} then ${literal(name)} end`,
  );
  const columns = `array_remove(array[${moved.join(', ')}]::text[], null)`;
  if (others === undefined) return columns;
  return `array(select unnest(${columns}) union
    select name from unnest(${others}::text[]) name where o.raw -> name is distinct from c.raw -> name)`;
}

/** A column's value; as with `jsonb_to_record`, a JSON null is none. */
function column(record: string, name: string, type: ColumnType): string {
  const field = literal(name);
  if (type === 'jsonb') return `nullif(${record} -> ${field}, 'null')`;
  return type === 'text' ? `${record} ->> ${field}` : `(${record} ->> ${field})::${type}`;
}

/**
 * Marks records as deleted if Kombo has emptied their tombstone, and keeps their stored fields. The tombstone no longer
 * has the fields, so only the deletion is taken from it, even after an earlier deletion or a sweep.
 *
 * Parameters: $1 integration_id · $2 jsonb array of { id, changed_at, remote_deleted_at } · $3 observed_at
 * · $4 changes up to here should already have come (null: none) · $5 asked_seq · $6 arrived_seq
 * @returns one row per known record: `changed` says whether it was written, `lived` whether it was live before, `late`
 * whether its deletion is drift.
 */
export function emptiedSql(endpoint: EndpointDefinition): string {
  const table = `kombo.${quote(endpoint.table)}`;
  return `
with incoming as (
  select * from jsonb_to_recordset($2::jsonb) as p(id text, changed_at timestamptz, remote_deleted_at timestamptz)
), known as (
  select t.id, t.deleted_at is null as lived, i.remote_deleted_at, i.changed_at,
    t.remote_deleted_at is distinct from i.remote_deleted_at and t.asked_seq <= $5::bigint as changed
  from incoming i join ${table} t on t.integration_id = $1::text and t.id = i.id
), written as (
  update ${table} t
  set remote_deleted_at = k.remote_deleted_at, deleted_at = k.remote_deleted_at, observed_at = $3::timestamptz,
    asked_seq = $5::bigint, arrived_seq = $6::bigint,
    changed_at = case when t.arrived_seq > $5::bigint then greatest(t.changed_at, k.changed_at)
      else coalesce(k.changed_at, t.changed_at) end
  from known k
  where k.changed and t.integration_id = $1::text and t.id = k.id
), logged as (
  insert into kombo_sync.changes (integration_id, table_name, id, op, changed_fields)
  select $1::text, '${endpoint.table}', id, case when lived then 'deleted' else 'updated' end, '{remote_deleted_at}'
  from known where changed
), ${countDeleted(endpoint.table, 'known where changed and lived')}
select id, changed, lived, changed and lived and remote_deleted_at <= $4::timestamptz as late from known`;
}
