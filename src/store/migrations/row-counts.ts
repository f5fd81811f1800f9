/** How many rows each integration has in each data table. A part of the first step. */
export const ROW_COUNTS = [
  `create table kombo_sync.row_counts (
    integration_id text not null,
    table_name text not null,
    live bigint not null,
    deleted bigint not null,
    corrections integer not null default 0,
    primary key (integration_id, table_name)
  ) with (fillfactor = 70)`,
  `create index row_counts_table on kombo_sync.row_counts (table_name)`,
  `comment on table kombo_sync.row_counts is
    'How many rows an integration has in a table, live and deleted. Moves with the rows; each full pass compares it with them.'`,
];
