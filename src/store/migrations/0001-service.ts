import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { CHANGE_FEED } from './change-feed.ts';
import { CHANGES_SIGNALS } from './changes-signals.ts';
import { CONSUMERS } from './consumers.ts';
import { FIELD_CHOICE } from './field-choice.ts';
import { KOMBO_BUDGET } from './kombo-budget.ts';
import { SCHEDULES } from './schedules.ts';
import { TOLD } from './told.ts';
import { PASSES } from './passes.ts';
import { ROW_COUNTS } from './row-counts.ts';

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

  ...PASSES,

  ...ROW_COUNTS,

  ...FIELD_CHOICE,

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
    missing integer not null,
    stale integer not null,
    wrongly_live integer not null,
    wrongly_deleted integer not null,
    expected integer not null,
    verdict text not null check (verdict in ('none', 'expected', 'unexpected')),
    at timestamptz not null default now()
  )`,
  `create index drift_recent on kombo_sync.drift (integration_id, at desc)`,
  `comment on table kombo_sync.drift is 'What each full pass had to repair that a delta should have brought.'`,

  ...CHANGE_FEED,

  ...SCHEDULES,

  ...CONSUMERS,

  ...CHANGES_SIGNALS,

  `create table kombo_sync.sync_deliveries (
    sync_id text not null,
    integration_id text not null,
    type text not null,
    times integer not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    read boolean not null default false,
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

  ...KOMBO_BUDGET,

  ...TOLD,

  `create table kombo_sync.audit_log (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    actor text not null,
    source text not null check (source in ('cli', 'api', 'page')),
    address text,
    action text not null check (action in ('add', 'remove', 'pause', 'resume', 'cancel', 'sync-now', 'full-sync',
      'full-sync-all', 'erase-record', 'purge-fields', 'grant', 'set', 'reset-consumer', 'remove-consumer', 'retry-consumer')),
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
