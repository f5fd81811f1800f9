import { sql } from 'kysely';
import { HEALING_CLASSES } from '../../domain/decide.ts';
import type { ErrorClass } from '../../domain/errors.ts';
import type { Hastened } from '../../domain/hasten.ts';
import { PASS_ALIVE_MS } from '../../domain/retry.ts';
import type { Store } from '../database.ts';
import { readEndpoints } from '../sql.ts';
import { IS_FAILING, NO_FAILURE } from './debts.ts';

/* When what is owed is due, and what makes it due before its time. */

/**
 * Kombo answers for one read that had failed since `since`: what else failed for a reason that ends for many at once is
 * due, though not sooner than once in RETRY_INTERVAL. That holds for the integration itself, and for others whose failure
 * began in the same outage.
 *
 * @returns the ids of other integrations that are to be woken, a few at a time: each of them wakes more.
 */
export async function healTogether(
  store: Store,
  integrationId: string,
  since: Date,
  retryMs: number,
): Promise<string[]> {
  const pause = sql`${retryMs} * interval '1 millisecond'`;
  const { rows } = await sql<{ id: string }>`
    with due as (
      select integration_id, endpoint, kind from kombo_sync.debts
      where failing_since is not null and failure_class = any(${HEALING_CLASSES})
        and (given_up or due_at > clock_timestamp() + interval '1 second' and due_at > tried_at + ${pause})
        and (integration_id = ${integrationId} or failing_since >= ${since}::timestamptz - interval '1 minute')
      order by integration_id <> ${integrationId}, integration_id, endpoint, kind
      limit 200 for update skip locked
    )
    update kombo_sync.debts d
    set due_at = least(d.due_at, greatest(clock_timestamp(), d.tried_at + ${pause})), given_up = false
    from due where d.integration_id = due.integration_id and d.endpoint = due.endpoint and d.kind = due.kind
    returning d.integration_id as id`.execute(store.db);
  return [...new Set(rows.map(({ id }) => id))].filter((id) => id !== integrationId);
}

/**
 * SQL for what a timer may read of integration `i`: it is active, and debt `d` is for an endpoint that is read and that the
 * tool offers, or is asked about again. A parked one may be looked up.
 */
const mayBeRead = (extraEndpoints: readonly string[]) => {
  const [categories, paths, models] = readEndpoints(extraEndpoints);
  return sql`case
    when d.kind = 'look-up' then i.status in ('active', 'parked')
    when i.status <> 'active' then false
    else exists (
        select from unnest(${categories}::text[], ${paths}::text[], ${models}::text[]) e(category, path, model)
        where e.path = d.endpoint and e.category = i.category and e.model <> all(i.unavailable_models))
      and not exists (select from kombo_sync.debts r where r.integration_id = d.integration_id and r.endpoint = d.endpoint
        and r.failure_class = 'EndpointDisabled' and r.given_up) end`;
};

/** What EXTRA_ENDPOINTS names no more, and so nothing reads, stays owed and does not show as failing. */
export async function forgetUnread({ db }: Store, extraEndpoints: readonly string[]): Promise<void> {
  const [, paths] = readEndpoints(extraEndpoints);
  await sql`
    update kombo_sync.debts set due_at = null, ${sql.raw(NO_FAILURE)}
    where ${sql.raw(IS_FAILING)} and kind <> 'look-up' and endpoint <> all(${paths})`.execute(db);
}

export interface RetryQuery {
  /** The setting EXTRA_ENDPOINTS. */
  extraEndpoints: readonly string[];
  /** Reads that do not count, by `readKey`. */
  except?: readonly string[];
  /** What was due then is not waited for: a sync has just decided about it, and it may have left it alone. */
  after?: Date | null;
}

/**
 * Milliseconds until a timer should read something that fails, of all endpoints of the integration that are read and offered;
 * null when none is to wait.
 */
export async function nextRetryMs(
  store: Store,
  integrationId: string,
  { extraEndpoints, except = [], after = null }: RetryQuery,
): Promise<number | null> {
  const { rows } = await sql<{ ms: number | null }>`
    select (extract(epoch from min(d.due_at) - clock_timestamp()) * 1000)::float8 as ms
    from kombo_sync.debts d join kombo_sync.integrations i on i.id = d.integration_id
    where i.id = ${integrationId} and failing_since is not null and not given_up
      and kind || ' ' || endpoint <> all(${except})
      and coalesce(due_at > ${after}::timestamptz, true) and ${mayBeRead(extraEndpoints)}`.execute(store.db);
  const ms = rows[0]?.ms ?? null;
  return ms === null ? null : Math.max(0, Math.ceil(ms));
}

/** How long something that is due may stay unread before a sync is woken for it, and how often that is tried. */
const OVERDUE_MS = 60_000;
const WAKE_EVERY_MS = 5 * 60_000;

/**
 * Integrations for which something has been due for a minute and nothing reads it: the sync that had to was terminated, or
 * its waking got lost.
 */
export async function takeOverdue(
  store: Store,
  extraEndpoints: readonly string[],
  limit: number,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    with overdue as (
      select d.integration_id, d.endpoint, d.kind from kombo_sync.debts d
      join kombo_sync.integrations i on i.id = d.integration_id and ${mayBeRead(extraEndpoints)}
      where d.since < now() - ${OVERDUE_MS} * interval '1 millisecond' and not d.given_up
        and coalesce(d.due_at, d.since) < now() - ${OVERDUE_MS} * interval '1 millisecond'
        and coalesce(d.woken_at, '-infinity') < now() - ${WAKE_EVERY_MS} * interval '1 millisecond'
        and not exists (
          select from kombo_sync.passes p
          where p.integration_id = d.integration_id and p.endpoint = d.endpoint
            and case when d.kind = 'sweep' then p.state = 'running' and p.kind = 'full' or p.sweep_state in ('due', 'checking')
              else p.state = 'running' and p.kind = d.kind end
            and greatest(p.active_at, p.waits_until) > now() - ${PASS_ALIVE_MS} * interval '1 millisecond')
      limit ${limit} for update of d skip locked
    )
    update kombo_sync.debts d set woken_at = now() from overdue o
    where d.integration_id = o.integration_id and d.endpoint = o.endpoint and d.kind = o.kind
    returning d.integration_id as id`.execute(store.db);
  return [...new Set(rows.map(({ id }) => id))];
}

/** Parked integrations whose next look has been due for a minute, and nothing has looked. */
export async function takeOverdueLooks({ db }: Store, limit: number): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    update kombo_sync.integrations set retry_at = now() + ${WAKE_EVERY_MS} * interval '1 millisecond'
    where id in (
      select id from kombo_sync.integrations
      where status = 'parked' and retry_at < now() - ${OVERDUE_MS} * interval '1 millisecond'
      limit ${limit} for update skip locked)
    returning id`.execute(db);
  return rows.map(({ id }) => id);
}

/** Whether each endpoint that the tool offers refuses to be read because of the state of the whole integration. */
export async function refusedEverywhere(
  store: Store,
  integrationId: string,
  paths: readonly string[],
): Promise<boolean> {
  const { rows } = await sql<{ refused: boolean }>`
    select bool_and(exists (
      select from kombo_sync.debts d
      where d.integration_id = ${integrationId} and d.endpoint = e.path and d.failure_class = 'IntegrationParked')) as refused
    from unnest(${paths}::text[]) as e(path)`.execute(store.db);
  return rows[0]?.refused ?? false;
}

/** Failures of these classes are due now, though not sooner than once in RETRY_INTERVAL: what they waited for has come. */
export async function makeDue(
  store: Store,
  integrationId: string,
  classes: readonly ErrorClass[],
  retryMs: number,
): Promise<void> {
  await sql`
    update kombo_sync.debts
    set given_up = false,
      due_at = least(due_at, greatest(clock_timestamp(), tried_at + ${retryMs} * interval '1 millisecond'))
    where integration_id = ${integrationId} and failure_class = any(${classes})`.execute(store.db);
}

export interface HastenedTry extends Hastened {
  endpoint: string;
}

/** What fails is tried no later than this, and a timer waits for it though it was given up or is not offered. */
export async function hastenTries(
  store: Store,
  integrationId: string,
  tries: readonly HastenedTry[],
): Promise<void> {
  if (tries.length === 0) return;
  await sql`
    update kombo_sync.debts d set due_at = least(d.due_at, t.at), given_up = false
    from unnest(${tries.map(({ endpoint }) => endpoint)}::text[], ${tries.map(({ kind }) => kind)}::text[],
      ${tries.map(({ at }) => at)}::timestamptz[]) as t(endpoint, kind, at)
    where d.integration_id = ${integrationId} and d.endpoint = t.endpoint and d.kind = t.kind
      and d.failing_since is not null`.execute(store.db);
}

/** A sync is woken for all that is owed, also where one that was to read it was cancelled. */
export async function wakeForAll({ db }: Pick<Store, 'db'>, integrationId: string): Promise<void> {
  await sql`update kombo_sync.debts set woken_at = null where integration_id = ${integrationId}`.execute(db);
}

/** You have cancelled the sync that was to read what is owed: the next one reads it, and none is started for it. */
export async function leaveToNextSync(store: Store, integrationId: string): Promise<void> {
  await sql`
    update kombo_sync.debts set woken_at = 'infinity'
    where integration_id = ${integrationId} and failing_since is null`.execute(store.db);
}
