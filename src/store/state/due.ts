import { sql } from 'kysely';
import type { EndpointSettings } from '../../domain/choice.ts';
import { HEALING_CLASSES } from '../../domain/decide.ts';
import type { ErrorClass } from '../../domain/errors.ts';
import type { Hastened } from '../../domain/hasten.ts';
import { PASS_ALIVE_MS } from '../../domain/retry.ts';
import type { Store } from '../database.ts';
import { isChosenBy, settingsRead } from '../sql.ts';
import { IS_FAILING, NO_FAILURE } from './debts.ts';

/* When debts are due, and what makes them due earlier. */

/**
 * A read that had failed since `since` works again. So others that failed for a reason that ends for many at once are
 * due, but at most once per RETRY_INTERVAL: those of the same integration, and of others whose failure began in the
 * same outage.
 *
 * @returns ids of some other integrations to wake. Each of them wakes more.
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
 * SQL for whether a timer may read debt `d` of integration `i`: the integration is active, and the endpoint is chosen
 * and offered, or due to be asked about again. A look-up is also possible while the integration is parked.
 */
const mayBeRead = (settings: EndpointSettings) => sql`case
  when d.kind = 'look-up' then i.status in ('active', 'parked')
  when i.status <> 'active' then false
  else exists (select from ${settingsRead(settings)}
      where e.path = d.endpoint and e.category = i.category and e.model <> all(i.unavailable_models)
        and ${sql.raw(isChosenBy('i'))})
    and not exists (select from kombo_sync.debts r where r.integration_id = d.integration_id and r.endpoint = d.endpoint
      and r.failure_class = 'EndpointDisabled' and r.given_up) end`;

/**
 * Endpoints that are no longer chosen, or no longer named by EXTRA_ENDPOINTS, stay owed but no longer count as failing.
 */
export async function forgetUnread({ db }: Store, settings: EndpointSettings): Promise<void> {
  await sql`
    update kombo_sync.debts d set due_at = null, ${sql.raw(NO_FAILURE)}
    where ${sql.raw(IS_FAILING)} and kind <> 'look-up' and not exists (
      select from ${settingsRead(settings)}
      where e.path = d.endpoint and not exists (
        select from kombo_sync.integrations i
        where i.id = d.integration_id and not ${sql.raw(isChosenBy('i'))}))`.execute(db);
}

export interface RetryQuery {
  settings: EndpointSettings;
  /** Reads that do not count, by `readKey`. */
  except?: readonly string[];
  /**
   * Debts due at this time or earlier do not count: a sync has just decided about them, and may have left some unread.
   */
  after?: Date | null;
}

/**
 * Milliseconds until a timer should try a failed read of the integration, among the endpoints that are chosen and
 * offered; null if no timer is needed.
 */
export async function nextRetryMs(
  store: Store,
  integrationId: string,
  { settings, except = [], after = null }: RetryQuery,
): Promise<number | null> {
  const { rows } = await sql<{ ms: number | null }>`
    select (extract(epoch from min(d.due_at) - clock_timestamp()) * 1000)::float8 as ms
    from kombo_sync.debts d join kombo_sync.integrations i on i.id = d.integration_id
    where i.id = ${integrationId} and failing_since is not null and not given_up
      and kind || ' ' || endpoint <> all(${except})
      and coalesce(due_at > ${after}::timestamptz, true) and ${mayBeRead(settings)}`.execute(store.db);
  const ms = rows[0]?.ms ?? null;
  return ms === null ? null : Math.max(0, Math.ceil(ms));
}

/** How long a due debt may stay unread before a worker wakes a sync for it, and how often it does so. */
const OVERDUE_MS = 60_000;
const WAKE_EVERY_MS = 5 * 60_000;

/**
 * Integrations with a debt that has been due for a minute and that nothing reads: its sync was terminated, or the
 * signal that was to wake it was lost.
 */
export async function takeOverdue(
  store: Store,
  settings: EndpointSettings,
  limit: number,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    with overdue as (
      select d.integration_id, d.endpoint, d.kind from kombo_sync.debts d
      join kombo_sync.integrations i on i.id = d.integration_id and ${mayBeRead(settings)}
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

/** Parked integrations whose look-up has been due for a minute and was not done. */
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

/** Whether every one of these endpoints was refused because of the state of the whole integration. */
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

/** What failures of these classes waited for has happened: they are due now, but at most once per RETRY_INTERVAL. */
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

/** Failed reads are tried no later than this, by a timer, even if they were given up or are not offered. */
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

/** Lets workers wake a sync for every debt, even if you cancelled the sync that was to read it. */
export async function wakeForAll({ db }: Pick<Store, 'db'>, integrationId: string): Promise<void> {
  await sql`update kombo_sync.debts set woken_at = null where integration_id = ${integrationId}`.execute(db);
}

/**
 * You have cancelled the sync that was to read the debts. The next sync reads them, and no worker starts one for them.
 */
export async function leaveToNextSync(store: Store, integrationId: string): Promise<void> {
  await sql`
    update kombo_sync.debts set woken_at = 'infinity'
    where integration_id = ${integrationId} and failing_since is null`.execute(store.db);
}

/** A run does a sweep that was left to the next sync, so no other run begins it. */
export async function takeUpSweep({ db }: Store, integrationId: string, endpoint: string): Promise<void> {
  await sql`
    update kombo_sync.debts set woken_at = null
    where integration_id = ${integrationId} and endpoint = ${endpoint} and kind = 'sweep' and woken_at = 'infinity'`.execute(
    db,
  );
}
