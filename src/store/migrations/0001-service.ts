import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { CHANGE_FEED } from './change-feed.ts';
import { FIELD_CHOICE } from './field-choice.ts';

/**
 * The service's own schema. You may read it; only kombo-sync writes it. A released step never changes, so it lists the
 * values that a check allowed then; a test compares the result of all steps with the lists of the domain.
 */
async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  `create sequence kombo_sync.observations`,
  `comment on sequence kombo_sync.observations is
    'Numbers moments: when Kombo was asked and when its answer had arrived. Unlike a clock it never goes back.'`,

  `create table kombo_sync.integrations (
    id text primary key,
    tool text not null,
    category text not null,
    status text not null default 'active' check (status in ('active', 'paused', 'parked', 'removed')),
    status_code text,
    status_reason text,
    status_since timestamptz not null default now(),
    paused_reason text,
    needs_attention boolean not null default false,
    retry_at timestamptz,
    organization_name text,
    origin_id text,
    unavailable_models text[] not null default '{}',
    models text[],
    exclude_models text[],
    data_expired_at timestamptz,
    kombo_state text,
    setup_status text,
    kombo_created_at timestamptz,
    announced_deleted_at timestamptz,
    deletions_void_up_to timestamptz,
    removed_at timestamptz,
    erased_at timestamptz,
    looked_up_at timestamptz,
    looked_up_seq bigint,
    temporal_due_at timestamptz default now(),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  )`,
  `create index integrations_status on kombo_sync.integrations (status, id)`,
  `create index integrations_temporal_due on kombo_sync.integrations (temporal_due_at) where temporal_due_at is not null`,
  `comment on table kombo_sync.integrations is 'The integrations that kombo-sync copies, one row each.'`,

  `create table kombo_sync.debts (
    integration_id text not null,
    endpoint text not null,
    kind text not null check (kind in ('delta', 'full', 'sweep', 'look-up')),
    since timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
    asked_seq bigint not null default nextval('kombo_sync.observations'),
    due_at timestamptz,
    failures integer not null default 0,
    failing_since timestamptz,
    tried_at timestamptz,
    tried_by text,
    failure_class text check (failure_class in ('Unavailable', 'RateLimited', 'IntegrationParked', 'EndpointDisabled',
      'IntegrationGone', 'AccessDenied', 'RequestRejected', 'CursorRefused', 'CursorRepeated', 'AnswerTooLarge', 'PassLost',
      'TableLocked', 'WorkerLost', 'Cancelled', 'DatabaseUnavailable', 'TemporalUnavailable', 'Internal')),
    failure_code text,
    failure_message text,
    needs_attention boolean not null default false,
    given_up boolean not null default false,
    woken_at timestamptz,
    primary key (integration_id, endpoint, kind)
  )`,
  `create index debts_failing on kombo_sync.debts (integration_id) where failing_since is not null`,
  `create index debts_due on kombo_sync.debts (since)`,
  `comment on table kombo_sync.debts is
    'Reads that are owed, and why and since when they fail. A pass that begins after "asked_seq" pays, and removes the row.'`,

  `create table kombo_sync.passes (
    id bigint generated always as identity primary key,
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
    updated_after timestamptz,
    watermark_at timestamptz not null,
    moves_watermark boolean not null,
    drift_before timestamptz,
    cursor text,
    restarts integer not null default 0,
    version integer not null default 0,
    pages integer not null default 0,
    records bigint not null default 0,
    created bigint not null default 0,
    updated bigint not null default 0,
    unchanged bigint not null default 0,
    deleted bigint not null default 0,
    restored bigint not null default 0,
    stale bigint not null default 0,
    rejected bigint not null default 0,
    drift_missing bigint not null default 0,
    drift_stale bigint not null default 0,
    drift_wrongly_live bigint not null default 0,
    drift_wrongly_deleted bigint not null default 0,
    drift_expected bigint not null default 0,
    sweep_state text not null default 'none' check (sweep_state in ('none', 'due', 'checking', 'done', 'stopped')),
    sweep_candidates bigint not null default 0,
    sweep_deleted bigint not null default 0,
    sweep_message text,
    error_code text,
    error_message text,
    started_at timestamptz not null default clock_timestamp(),
    started_seq bigint not null default nextval('kombo_sync.observations'),
    active_at timestamptz not null default clock_timestamp(),
    waits_until timestamptz,
    finished_at timestamptz,
    unique (sync_id, endpoint, kind)
  ) with (fillfactor = 70)`,
  `create index passes_watermark on kombo_sync.passes (integration_id, endpoint, watermark_at desc)
    where state = 'completed' and moves_watermark`,
  `create index passes_recent on kombo_sync.passes (integration_id, endpoint, started_at desc)`,
  `create index passes_finished on kombo_sync.passes (finished_at)`,
  `create index passes_running on kombo_sync.passes (integration_id) where state = 'running'`,
  `create index passes_sweeping on kombo_sync.passes (integration_id) where sweep_state in ('due', 'checking')`,
  `create index passes_full on kombo_sync.passes (integration_id, endpoint, started_at desc)
    where state = 'completed' and updated_after is null`,
  `create index passes_sync on kombo_sync.passes (integration_id, started_at desc)`,
  `comment on table kombo_sync.passes is
    'One walk over one endpoint of one integration. The row is the truth of the pass: its cursor moves in the transaction that writes the page.'`,

  ...FIELD_CHOICE,

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
  `comment on table kombo_sync.sweep_candidates is 'Live rows that a full listing did not show, so a sweep asks Kombo for them.'`,

  `create table kombo_sync.rejected_records (
    integration_id text not null,
    endpoint text not null,
    record_key text not null,
    id text,
    reason text not null check (reason in ('not_an_object', 'no_id', 'id_too_long', 'too_deep', 'unstorable')),
    hash text not null,
    body text,
    times integer not null default 1,
    pass_id bigint,
    first_seen_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    primary key (integration_id, endpoint, record_key)
  )`,
  `comment on table kombo_sync.rejected_records is 'Records that could not be stored. A later good version of the record clears its row.'`,

  `create table kombo_sync.drift (
    pass_id bigint primary key,
    sync_id text not null,
    integration_id text not null,
    endpoint text not null,
    missing bigint not null,
    stale bigint not null,
    wrongly_live bigint not null,
    wrongly_deleted bigint not null,
    expected bigint not null,
    verdict text not null check (verdict in ('none', 'expected', 'unexpected')),
    at timestamptz not null default now()
  )`,
  `create index drift_recent on kombo_sync.drift (integration_id, at desc)`,
  `comment on table kombo_sync.drift is 'What each full pass had to repair that a delta should have brought.'`,

  ...CHANGE_FEED,

  `create table kombo_sync.sync_deliveries (
    sync_id text not null,
    integration_id text not null,
    type text not null,
    times integer not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    primary key (sync_id, type)
  )`,
  `create index sync_deliveries_recent on kombo_sync.sync_deliveries (integration_id, type, last_at desc)`,
  `comment on table kombo_sync.sync_deliveries is 'Which webhooks each sync has served.'`,

  `create table kombo_sync.deliveries (
    integration_id text not null,
    type text not null,
    outcome text not null check (outcome in ('accepted', 'ignored', 'legacy-off')),
    times bigint not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    primary key (integration_id, type, outcome)
  )`,
  `create index deliveries_type on kombo_sync.deliveries (type, last_at desc)`,
  `comment on table kombo_sync.deliveries is 'How often webhooks of each type came, and when last; integration_id is empty if they name none.'`,

  `create table kombo_sync.unknown_integrations (
    integration_id text primary key,
    times bigint not null default 1,
    first_seen_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now()
  )`,
  `comment on table kombo_sync.unknown_integrations is 'Integrations that webhooks named and that Kombo does not know.'`,

  `create table kombo_sync.issues (
    issue_id text primary key,
    integration_id text,
    type text not null,
    title text not null,
    message text not null default '',
    first_observed_at timestamptz not null,
    resolved_at timestamptz
  )`,
  `create index issues_integration on kombo_sync.issues (integration_id)`,
  `create index issues_open on kombo_sync.issues (first_observed_at desc, issue_id desc) where resolved_at is null`,
  `comment on table kombo_sync.issues is
    'Problems that Kombo reported by webhook. Without an integration_id, one is about the whole environment.'`,

  `create table kombo_sync.unknown_models (
    name text primary key,
    times bigint not null default 1,
    first_seen_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now()
  )`,
  `comment on table kombo_sync.unknown_models is 'Model names in webhooks that this version did not know.'`,

  `create table kombo_sync.extra_endpoints (
    path text primary key,
    paginated boolean,
    include_deleted boolean,
    updated_after boolean,
    by_ids boolean,
    learnt_at timestamptz,
    created_at timestamptz not null default now()
  )`,
  `comment on table kombo_sync.extra_endpoints is
    'Unknown endpoints that EXTRA_ENDPOINTS named. Each has a table. Kombo showed which parameters it takes.'`,

  `create table kombo_sync.audit_log (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    actor text not null,
    source text not null check (source in ('cli', 'api')),
    address text,
    action text not null check (action in ('add', 'remove', 'pause', 'resume', 'cancel', 'sync-now', 'full-sync',
      'full-sync-all', 'erase-record', 'purge-fields', 'grant', 'set')),
    integration_id text,
    details jsonb not null default '{}',
    outcome text not null default 'started' check (outcome in ('started', 'done', 'failed')),
    message text,
    finished_at timestamptz
  )`,
  `create index audit_log_integration on kombo_sync.audit_log (integration_id, id desc)`,
  `comment on table kombo_sync.audit_log is 'What operators did: who, when and from where.'`,

  `create table kombo_sync.idempotency_keys (
    key text primary key,
    integration_id text,
    request text not null,
    status integer,
    body text,
    created_at timestamptz not null default clock_timestamp()
  )`,
  `comment on table kombo_sync.idempotency_keys is 'Answers of the admin API to requests with an idempotency-key, kept for a day.'`,

  `create table kombo_sync.sessions (
    hash text primary key,
    created_at timestamptz not null default now(),
    ends_at timestamptz not null
  )`,
  `comment on table kombo_sync.sessions is 'Who is logged in to the status page, by a hash of the id that the browser holds.'`,
];

export const service: Migration = { up };
