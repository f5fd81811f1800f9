import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import {
  newsOf,
  type Condition,
  type ConditionKind,
  type News,
  type NotifyTarget,
  type Told,
} from '../../domain/conditions.ts';
import { notificationOf } from '../../domain/notification.ts';
import { transaction, type Store } from '../database.ts';
import type { Turn } from './turns.ts';

export interface Seen {
  open: readonly Condition[];
  /** What was looked at. */
  kinds: readonly ConditionKind[];
}

interface TellOptions {
  turn: Turn;
  /** How long a condition must be away before its end is told. */
  calmMs: number;
  publicUrl?: string | undefined;
}

/**
 * Compares what is open with what the target was told, and keeps a notification of the difference: with it, in one
 * transaction, that it is told. While one is not sent the next waits, and says then all that has come.
 *
 * @returns the id of a notification that is to be sent.
 */
export async function noteNews(
  store: Store,
  target: NotifyTarget,
  { open, kinds }: Seen,
  { turn, calmMs, publicUrl }: TellOptions,
): Promise<string | undefined> {
  return transaction(store.pool, async (client) => {
    // What another worker has seen since is newer.
    const { rows } = await client.query<{ now: Date }>(
      'select clock_timestamp() as now from kombo_sync.turns where part = $1 and turn = $2 for update',
      [turn.part, turn.turn],
    );
    if (!rows[0]) return undefined;
    const { now } = rows[0];
    const told = await readTold(client, target);
    const news = newsOf(told, open, { kinds, now, calmMs });
    await markAway(client, target, news);
    if (news.began.length + news.recovered.length === 0) return undefined;
    const { rowCount: unsent } = await client.query(
      'select from kombo_sync.notifications where target = $1 and sent_at is null limit 1',
      [target],
    );
    if (unsent) return undefined;
    await keepTold(client, target, news);
    const id = `msg_${randomUUID().replaceAll('-', '')}`;
    const count = told.length + news.began.length - news.recovered.length;
    const body = JSON.stringify(notificationOf({ ...news, now, open: count, publicUrl }));
    await client.query('insert into kombo_sync.notifications (id, target, body) values ($1, $2, $3)', [
      id,
      target,
      body,
    ]);
    return id;
  });
}

async function readTold(client: pg.PoolClient, target: NotifyTarget): Promise<Told[]> {
  const { rows } = await client.query<Told>(
    `select kind, key, integration_id as "integrationId", code, since, gone_at as "goneAt"
     from kombo_sync.told where target = $1`,
    [target],
  );
  return rows;
}

const keysOf = (conditions: readonly Pick<Condition, 'kind' | 'key'>[]) => [
  conditions.map(({ kind }) => kind),
  conditions.map(({ key }) => key),
];

async function markAway(client: pg.PoolClient, target: NotifyTarget, { gone, back }: News): Promise<void> {
  for (const [keys, at] of [
    [gone, 'clock_timestamp()'],
    [back, 'null'],
  ] as const) {
    if (keys.length === 0) continue;
    await client.query(
      `update kombo_sync.told t set gone_at = ${at} from unnest($2::text[], $3::text[]) as k(kind, key)
       where t.target = $1 and t.kind = k.kind and t.key = k.key`,
      [target, ...keysOf(keys)],
    );
  }
}

async function keepTold(client: pg.PoolClient, target: NotifyTarget, news: News): Promise<void> {
  const { began, recovered } = news;
  if (began.length > 0) {
    await client.query(
      `insert into kombo_sync.told (target, kind, key, integration_id, code, since)
       select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])`,
      [
        target,
        ...keysOf(began),
        began.map(({ integrationId }) => integrationId),
        began.map(({ code }) => code),
        began.map(({ since }) => since),
      ],
    );
  }
  if (recovered.length > 0) {
    await client.query(
      `delete from kombo_sync.told t using unnest($2::text[], $3::text[]) as k(kind, key)
       where t.target = $1 and t.kind = k.kind and t.key = k.key`,
      [target, ...keysOf(recovered)],
    );
  }
}

/** Notifications that are not sent yet: one for each target at most. */
export async function listUnsent(
  store: Pick<Store, 'pool'>,
): Promise<{ id: string; target: NotifyTarget }[]> {
  const { rows } = await store.pool.query<{ id: string; target: NotifyTarget }>(
    'select id, target from kombo_sync.notifications where sent_at is null order by created_at limit 10',
  );
  return rows;
}

/**
 * Drops what could not be sent for a day to a target that is not set any more, with what it was told. A worker whose settings are
 * being changed does no harm by it.
 */
export async function forgetTarget({ pool }: Pick<Store, 'pool'>, target: NotifyTarget): Promise<void> {
  await pool.query(
    `with dropped as (
       delete from kombo_sync.notifications
       where target = $1 and sent_at is null and created_at < clock_timestamp() - interval '1 day' returning id)
     delete from kombo_sync.told where target = $1 and exists (select from dropped)`,
    [target],
  );
}

export interface Unsent {
  id: string;
  target: NotifyTarget;
  body: string;
}

/** A notification; undefined if it was sent. */
export async function findUnsent({ pool }: Pick<Store, 'pool'>, id: string): Promise<Unsent | undefined> {
  const { rows } = await pool.query<Unsent>(
    'select id, target, body from kombo_sync.notifications where id = $1 and sent_at is null',
    [id],
  );
  return rows[0];
}

/** Notes what became of a try: an error, or null if it was sent. */
export async function noteTry(
  { pool }: Pick<Store, 'pool'>,
  id: string,
  error: string | null,
): Promise<void> {
  await pool.query(
    `update kombo_sync.notifications set tries = tries + 1, tried_at = clock_timestamp(), error = $2,
       sent_at = case when $2::text is null then clock_timestamp() end
     where id = $1 and sent_at is null`,
    [id, error],
  );
}

export interface Delivery {
  target: NotifyTarget;
  createdAt: Date;
  tries: number;
  error: string | null;
}

/** The oldest notification that is not sent. */
export async function oldestUnsent({ pool }: Pick<Store, 'pool'>): Promise<Delivery | undefined> {
  const { rows } = await pool.query<Delivery>(
    `select target, created_at as "createdAt", tries, error from kombo_sync.notifications
     where sent_at is null order by created_at limit 1`,
  );
  return rows[0];
}
