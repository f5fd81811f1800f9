/** Which signals of CHANGES_SIGNAL are owed. A part of the first step. */
export const CHANGES_SIGNALS = [
  `create table kombo_sync.changes_signals (
    table_name text not null,
    integration_id text not null,
    seq bigint not null,
    up_to bigint not null,
    since timestamptz not null,
    next_at timestamptz not null default clock_timestamp(),
    signalled_at timestamptz,
    failures integer not null default 0,
    error text,
    primary key (table_name, integration_id)
  ) with (fillfactor = 50)`,
  `create index changes_signals_owed on kombo_sync.changes_signals (since) where up_to > seq`,
  `comment on table kombo_sync.changes_signals is
    'The workflows that CHANGES_SIGNAL signals. If up_to is larger than seq, a signal is owed.'`,

  `create table kombo_sync.changes_signals_found (seq bigint not null)`,
  `create unique index changes_signals_found_one_row on kombo_sync.changes_signals_found ((true))`,
  `insert into kombo_sync.changes_signals_found (seq) values (0)`,
  `comment on table kombo_sync.changes_signals_found is
    'Up to which seq of the change feed changes_signals knows of the changes, in one row.'`,
];
