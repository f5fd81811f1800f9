import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The life of an integration, failures that are tried again later, evidence for the cutover, and who did what. */
async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  `alter table kombo_sync.integrations
    add column kombo_state text,
    add column setup_status text,
    add column kombo_created_at timestamptz,
    add column status_since timestamptz not null default now(),
    add column needs_person boolean not null default false,
    add column failures integer not null default 0,
    add column retry_at timestamptz,
    add column announced_deleted_at timestamptz,
    add column removed_at timestamptz,
    add column erased_at timestamptz`,
  `create index integrations_status on kombo_sync.integrations (status, id)`,

  `alter table kombo_sync.endpoint_states
    add column owed_full_since timestamptz,
    add column due_at timestamptz,
    add column failures integer not null default 0,
    add column failing_since timestamptz,
    add column failed_at timestamptz,
    add column failure_code text,
    add column failure_message text,
    add column needs_person boolean not null default false`,
  `update kombo_sync.endpoint_states set owed_full_since = owed_since where owed = 'full'`,
  `create index endpoint_states_failing on kombo_sync.endpoint_states (integration_id) where failing_since is not null`,
  `create index passes_running on kombo_sync.passes (integration_id) where state = 'running'`,
  `create index passes_full on kombo_sync.passes (integration_id, endpoint, started_at desc)
    where state = 'completed' and updated_after is null`,
  `create index passes_sync on kombo_sync.passes (integration_id, started_at desc)`,

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
  `comment on table kombo_sync.deliveries is 'How often webhooks of each type came, and when last; an empty integration_id where they name none.'`,

  `create table kombo_sync.unknown_integrations (
    integration_id text primary key,
    times bigint not null default 1,
    first_seen_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now()
  )`,
  `comment on table kombo_sync.unknown_integrations is 'Integrations that webhooks named and that Kombo does not know.'`,

  `create table kombo_sync.audit_log (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    actor text not null,
    source text not null check (source in ('cli', 'api')),
    address text,
    action text not null,
    integration_id text,
    details jsonb not null default '{}',
    outcome text not null default 'started' check (outcome in ('started', 'done', 'failed')),
    message text,
    finished_at timestamptz
  )`,
  `create index audit_log_integration on kombo_sync.audit_log (integration_id, id desc)`,
  `comment on table kombo_sync.audit_log is 'Acts of people: who did what, when and from where.'`,

  `create table kombo_sync.idempotency_keys (
    key text primary key,
    request text not null,
    status integer,
    body text,
    created_at timestamptz not null default clock_timestamp()
  )`,
  `comment on table kombo_sync.idempotency_keys is 'Answers of the admin API to requests with an idempotency-key, kept for a day.'`,
];

export const lifecycle: Migration = { up };
