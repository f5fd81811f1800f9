/** Who reads the change feed, with the same protocol in SQL alone. A part of the first step. */
export const CONSUMERS = [
  `create table kombo_sync.consumers (
    name text primary key,
    seq bigint not null,
    tables text[],
    copying_table text,
    copied_integration text not null default '',
    copied_id text not null default '',
    holder text,
    held_until timestamptz,
    last_error text,
    last_error_at timestamptz,
    registered_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  ) with (fillfactor = 50)`,
  `comment on table kombo_sync.consumers is
    'Readers of the change feed that keep their position here. What they have not read is kept for up to CONSUMER_MAX_LAG.'`,
  `comment on column kombo_sync.consumers.seq is 'The last change that was handled.'`,
  `comment on column kombo_sync.consumers.copying_table is
    'While the live rows are handed over first: the table it has come to, behind copied_integration and copied_id. Else null.'`,

  `create table kombo_sync.consumer_failures (
    consumer text not null references kombo_sync.consumers (name) on delete cascade,
    seq bigint not null,
    integration_id text not null,
    table_name text not null,
    id text not null,
    op text not null,
    at timestamptz not null,
    changed_fields text[],
    error text not null,
    tries integer not null default 1,
    failed_at timestamptz not null default now(),
    retry_at timestamptz,
    primary key (consumer, seq, table_name, integration_id, id)
  )`,
  `comment on table kombo_sync.consumer_failures is
    'Changes that a consumer has skipped. "consumers retry" sets retry_at, and the consumer takes them up again.'`,

  `create function kombo_sync.next_changes(name text, max integer default 500)
  returns setof kombo_sync.changes language plpgsql volatile as $$
  declare
    consumer kombo_sync.consumers;
  begin
    -- The lock makes a second reader with the same name wait, until this transaction has moved the position or is gone.
    select * into consumer from kombo_sync.consumers c where c.name = next_changes.name for update;
    if not found then
      insert into kombo_sync.consumers values (next_changes.name, kombo_sync.changes_oldest()) on conflict do nothing;
      select * into consumer from kombo_sync.consumers c where c.name = next_changes.name for update;
    end if;
    if consumer.copying_table is not null then
      raise exception using errcode = 'KS004',
        message = format('Consumer %s is to begin with every live row, and this function reads only the feed.', name),
        hint = format('Read the tables yourself, then continue with: kombo-sync consumers reset %s --to %s', name, consumer.seq);
    end if;
    return query select * from kombo_sync.read_changes(consumer.seq, max);
  end $$`,
  `comment on function kombo_sync.next_changes is
    'The changes that a consumer has not handled yet. Handle them and call advance() in the same transaction. A new name begins with the oldest change that is kept.'`,

  `create function kombo_sync.advance(name text, seq bigint) returns void language plpgsql volatile as $$
  declare
    position bigint;
  begin
    -- Nothing was read, so nothing moves.
    if advance.seq is null then return; end if;
    select c.seq into position from kombo_sync.consumers c where c.name = advance.name for update;
    if position > advance.seq then
      raise exception using errcode = 'KS004',
        message = format('Consumer %s is already at %s.', name, position),
        hint = format('To go back, run: kombo-sync consumers reset %s --to %s', name, advance.seq);
    end if;
    if advance.seq > kombo_sync.changes_horizon() then
      raise exception using errcode = 'KS004',
        message = format('Changes up to %s may still be open, so nothing may have read them.', advance.seq);
    end if;
    if position is null then
      insert into kombo_sync.consumers values (advance.name, advance.seq);
    else
      update kombo_sync.consumers c set seq = advance.seq, updated_at = now(), last_error = null where c.name = advance.name;
    end if;
  end $$`,
  `comment on function kombo_sync.advance is
    'Moves a consumer to the last change that it has handled; null moves nothing. Registers a name that is new.'`,
];
