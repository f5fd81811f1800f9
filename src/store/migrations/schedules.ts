/** What is known of Temporal's schedules without asking for each, and which work one process does for all. A part of the first step. */
export const SCHEDULES = [
  `create table kombo_sync.schedules (
    id text primary key,
    made text not null,
    made_at timestamptz not null default now(),
    shown text
  )`,
  `comment on table kombo_sync.schedules is
    'What each schedule in Temporal was made from, and how a list of schedules shows it since.'`,
  `create table kombo_sync.chores (
    name text primary key,
    version text not null default '',
    done_at timestamptz,
    held_by text,
    held_until timestamptz
  )`,
  `comment on table kombo_sync.chores is 'Work that one process at a time does for all: when it was done last, and who is at it.'`,
];
