/** The change feed, with the functions that write and read it in order. Part of the first step. */
export const CHANGE_FEED = [
  `create table kombo_sync.changes (
    seq bigint generated always as identity primary key,
    integration_id text not null,
    table_name text not null,
    id text not null,
    op text not null check (op in ('created', 'updated', 'deleted', 'restored', 'erased')),
    at timestamptz not null default clock_timestamp(),
    changed_fields text[]
  )`,
  `comment on column kombo_sync.changes.changed_fields is
    'Fields of which the record had another value before, without changed_at; null if there was no record before, or it was erased.'`,
  `comment on table kombo_sync.changes is 'The change feed. Read it with kombo_sync.read_changes(), which never skips a change that commits late.'`,
  // From now on, the sequence's last_value is never above a number that was given out. The feed's horizon relies on it.
  `select setval(pg_get_serial_sequence('kombo_sync.changes', 'seq'), 1, true)`,

  `create table kombo_sync.changes_removed (up_to bigint not null, newest_at timestamptz)`,
  `create unique index changes_removed_one_row on kombo_sync.changes_removed ((true))`,
  `insert into kombo_sync.changes_removed (up_to) values (0)`,
  `comment on table kombo_sync.changes_removed is 'Up to which seq changes have been removed, in one row: a hole in the feed alone does not show it.'`,

  `create table kombo_sync.writers (target text primary key)`,
  `comment on table kombo_sync.writers is 'One row for a table and an integration: a transaction that writes to them locks it, so only one writes at a time.'`,

  `create function kombo_sync.begin_write(target text) returns bigint language plpgsql volatile as $$
  declare
    feed integer := 'kombo_sync.changes'::regclass::oid::integer;
    floor bigint;
  begin
    -- One writer per table and integration, so a statement changes what it sees. It locks a row, because a role that
    -- may only read can lock any number, but no row.
    perform from kombo_sync.writers w where w.target = begin_write.target for update;
    if not found then
      insert into kombo_sync.writers values (begin_write.target) on conflict do nothing;
      perform from kombo_sync.writers w where w.target = begin_write.target for update;
    end if;
    -- Announces to readers of the feed that sequence numbers above the present one may still be uncommitted. The
    -- table's lock distinguishes this from a number that a reader has locked. If a number is taken, a lower one serves.
    lock table kombo_sync.changes in row exclusive mode;
    select last_value into floor from kombo_sync.changes_seq_seq;
    while not pg_try_advisory_xact_lock_shared(feed, ((floor % 2147483648 + 2147483648) % 2147483648)::integer) loop
      floor := floor - 1;
    end loop;
    -- If another session has locked the table itself, the page gives up soon and frees its connection.
    perform set_config('lock_timeout', '2s', true);
    -- A page is a few hundred look-ups by key. Planned while the table was empty, the statement would read the whole
    -- table instead, and still do so when it has grown, because its plan is kept.
    perform set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
      set_config('enable_mergejoin', 'off', true);
    -- Drawn under the lock: this transaction's answers have arrived, and what others wrote has a lower number.
    return nextval('kombo_sync.observations');
  end $$`,
  `comment on function kombo_sync.begin_write is
    'First step of every transaction that writes data and changes. Returns the number of the present moment.'`,

  `create function kombo_sync.changes_horizon() returns bigint language plpgsql volatile as $$
  declare
    newest bigint;
    horizon bigint;
  begin
    if current_setting('transaction_isolation') <> 'read committed' then
      raise exception 'Read the change feed in a READ COMMITTED transaction; an older snapshot could skip changes.';
    end if;
    if pg_is_in_recovery() then
      raise exception 'Read the change feed on the primary server; a standby does not know of open transactions.';
    end if;
    -- The order matters: a transaction that took a number up to newest announced itself before that. It is either still
    -- in pg_locks, or it has committed and the next statement sees its rows.
    select last_value into newest from kombo_sync.changes_seq_seq;
    with locks as materialized (
      select pid, locktype, objid from pg_locks
      where database = (select oid from pg_database where datname = current_database())
        and (locktype = 'advisory' and classid = 'kombo_sync.changes'::regclass and objsubid = 2
          or locktype = 'relation' and relation = 'kombo_sync.changes'::regclass and mode = 'RowExclusiveLock')
    )
    select min(newest - ((newest - objid::bigint) % 2147483648 + 2147483648) % 2147483648) into horizon
      from locks
      where locktype = 'advisory' and pid in (select pid from locks where locktype = 'relation');
    return least(newest, horizon);
  end $$`,
  `comment on function kombo_sync.changes_horizon is 'Every change up to this seq is committed and visible, or never will be.'`,

  `create function kombo_sync.read_changes(after bigint, max integer default 1000)
  returns setof kombo_sync.changes language plpgsql volatile as $$
  declare
    horizon bigint;
    newest bigint;
    latest bigint;
    removed kombo_sync.changes_removed;
  begin
    -- In this order, so that rows written meanwhile do not count as ahead of their sequence.
    select greatest(max(seq), (select up_to from kombo_sync.changes_removed)) into latest from kombo_sync.changes;
    horizon := kombo_sync.changes_horizon();
    select last_value into newest from kombo_sync.changes_seq_seq;
    if latest > newest then
      raise exception using errcode = 'KS003',
        message = format('Sequence kombo_sync.changes_seq_seq is at %s, and changes up to %s have been written.', newest, latest),
        detail = 'Logical replication does not bring sequences along.',
        hint = 'Set it right with: kombo-sync setup';
    end if;
    return query
      select c.* from kombo_sync.changes c
      where c.seq > after and c.seq <= horizon
      order by c.seq
      limit max;
    -- After the read, so that it sees what was removed meanwhile.
    select * into removed from kombo_sync.changes_removed;
    if after < removed.up_to then
      raise exception using errcode = 'KS001',
        message = format('The change feed does not reach back to position %s.', after),
        detail = format('Changes up to %s, written until %s UTC, have been removed (CHANGES_RETENTION).',
          removed.up_to, to_char(removed.newest_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI')),
        hint = 'Read the tables in schema kombo again, then continue after kombo_sync.changes_oldest(). If you can do without what was removed, continue there at once.';
    end if;
    -- The largest bigint has never been a position.
    if after > newest and after < 9223372036854775807 then
      raise exception using errcode = 'KS002',
        message = format('The change feed ends before position %s.', after),
        detail = 'The database has lost changes that were in it, as after a failover to a replica that was behind, or a restored backup.',
        hint = 'Read the tables in schema kombo again, then continue after kombo_sync.changes_oldest().';
    end if;
  end $$`,
  `comment on function kombo_sync.read_changes is 'Changes after a position, in order and without gaps; an error if some have been removed. Keep the last seq as the next position.'`,

  `create function kombo_sync.changes_oldest() returns bigint language sql volatile
    return (select up_to from kombo_sync.changes_removed)`,
  `comment on function kombo_sync.changes_oldest is 'The position before the oldest change that is kept: start here to read all there is.'`,
];
