/** Of what operators are told. A part of the first step. */
export const TOLD = [
  `create index passes_sweep_stopped on kombo_sync.passes (integration_id, endpoint) where sweep_state = 'stopped'`,
  `create index drift_unexpected on kombo_sync.drift (integration_id, at) where verdict = 'unexpected'`,

  `create table kombo_sync.told (
    target text not null check (target in ('webhook', 'slack')),
    kind text not null check (kind in ('needs_you', 'parked', 'issue', 'sweep_stopped', 'drift', 'stale', 'schedule', 'consumer_behind')),
    key text not null,
    integration_id text,
    code text,
    since timestamptz not null,
    told_at timestamptz not null default clock_timestamp(),
    gone_at timestamptz,
    primary key (target, kind, key)
  )`,
  `create index told_integration on kombo_sync.told (integration_id)`,
  `comment on table kombo_sync.told is
    'What is wrong and notifications have said, by where they go. A row goes away when they have said that it passed.'`,

  `create table kombo_sync.notifications (
    id text primary key,
    target text not null check (target in ('webhook', 'slack')),
    body text not null,
    created_at timestamptz not null default clock_timestamp(),
    sent_at timestamptz,
    tries integer not null default 0,
    tried_at timestamptz,
    error text
  )`,
  `create index notifications_unsent on kombo_sync.notifications (created_at) where sent_at is null`,
  `comment on table kombo_sync.notifications is 'Notifications as they are sent, and what became of them.'`,

  `create table kombo_sync.turns (
    part text primary key,
    turn bigint not null default 1,
    next_at timestamptz not null
  )`,
  `comment on table kombo_sync.turns is 'When workers look next at what is wrong: one of them does it for all.'`,
];
