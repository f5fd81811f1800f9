/**
 * Passes, what they hold while they are open, and what they come to. Rows of passes are the many: times and numbers come first,
 * so that none is padded.
 */
export const PASSES = [
  `create table kombo_sync.passes (
    id bigint generated always as identity primary key,
    updated_after timestamptz,
    watermark_at timestamptz not null,
    drift_before timestamptz,
    started_at timestamptz not null default clock_timestamp(),
    started_seq bigint not null default nextval('kombo_sync.observations'),
    active_at timestamptz not null default clock_timestamp(),
    waits_until timestamptz,
    finished_at timestamptz,
    quiet_since timestamptz,
    restarts integer not null default 0,
    version integer not null default 0,
    pages integer not null default 0,
    records integer not null default 0,
    created integer not null default 0,
    updated integer not null default 0,
    unchanged integer not null default 0,
    deleted integer not null default 0,
    restored integer not null default 0,
    stale integer not null default 0,
    rejected integer not null default 0,
    drift_missing integer not null default 0,
    drift_stale integer not null default 0,
    drift_wrongly_live integer not null default 0,
    drift_wrongly_deleted integer not null default 0,
    drift_expected integer not null default 0,
    sweep_candidates integer not null default 0,
    sweep_deleted integer not null default 0,
    quiet_checks integer not null default 0,
    moves_watermark boolean not null,
    sync_id text not null,
    workflow_id text not null,
    run_id text not null,
    integration_id text not null,
    endpoint text not null,
    kind text not null check (kind in ('delta', 'full')),
    trigger text not null check (trigger in ('webhook', 'schedule', 'manual', 'catch-up', 'initial')),
    because text not null check (because in ('webhook', 'operator', 'catch-up', 'full-sync', 'owed',
      'retry', 'never-read', 'hidden-change', 'no-filter', 'outage')),
    state text not null default 'running' check (state in ('running', 'completed', 'failed', 'skipped', 'abandoned')),
    cursor text,
    sweep_state text not null default 'none' check (sweep_state in ('none', 'due', 'checking', 'done', 'stopped')),
    sweep_message text,
    error_code text,
    error_message text,
    unique (sync_id, endpoint, kind)
  ) with (fillfactor = 95)`,
  `create index passes_recent on kombo_sync.passes (integration_id, endpoint, started_at desc)`,
  `create index passes_finished on kombo_sync.passes (finished_at)`,
  `create index passes_running on kombo_sync.passes (integration_id) where state = 'running'`,
  `create index passes_sweeping on kombo_sync.passes (integration_id) where sweep_state in ('due', 'checking')`,
  `create index passes_quiet on kombo_sync.passes (integration_id, endpoint) where quiet_checks > 0`,
  `create index passes_sync on kombo_sync.passes (integration_id, started_at desc)`,
  `comment on table kombo_sync.passes is
    'One walk over one endpoint of one integration. The row is the truth of the pass: its cursor moves in the transaction that writes the page.'`,

  `create table kombo_sync.endpoint_states (
    integration_id text not null,
    endpoint text not null,
    watermark_at timestamptz,
    watermark_pass bigint,
    last_full_at timestamptz,
    last_full_pass bigint,
    drift text check (drift in ('none', 'expected', 'unexpected')),
    primary key (integration_id, endpoint)
  ) with (fillfactor = 70)`,
  `create index endpoint_states_oldest on kombo_sync.endpoint_states (endpoint, watermark_at)`,
  `comment on table kombo_sync.endpoint_states is
    'How far each endpoint has been read: what its completed passes come to, so that no query has to look through them.'`,

  `create table kombo_sync.pass_pages (
    pass_id bigint not null references kombo_sync.passes (id) on delete cascade,
    page integer not null,
    restart integer not null,
    next_hash text,
    ids text[],
    primary key (pass_id, page)
  )`,
  `create unique index pass_pages_cursor on kombo_sync.pass_pages (pass_id, restart, next_hash)`,
  `comment on table kombo_sync.pass_pages is 'Pages of passes that are not finished: cursors seen, and for full passes the ids listed.'`,

  `create table kombo_sync.sweep_candidates (
    pass_id bigint not null references kombo_sync.passes (id) on delete cascade,
    id text not null,
    primary key (pass_id, id)
  )`,
  `comment on table kombo_sync.sweep_candidates is 'Live rows that a full listing did not show and that Kombo is asked for again.'`,
];
