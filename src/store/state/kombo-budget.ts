import { sql } from 'kysely';
import type { Store } from '../database.ts';

/** The share of Kombo's limits that is kept for reads that you or a webhook asked for. */
const RESERVE = 0.25;

export interface RequestToTake {
  integrationId: string;
  /** A webhook or you asked for it. It may use the reserve. */
  urgent: boolean;
  /** The setting KOMBO_REQUESTS_PER_MINUTE. */
  perMinute: number | undefined;
}

export interface Take {
  /** Milliseconds to wait before asking again; 0 if the request is taken. */
  waitMs: number;
  /** Only requests of this integration have to wait. */
  alone: boolean;
  /** Kombo counts requests by integration, so that one which has to wait keeps no other one waiting. */
  perIntegration: boolean;
}

/** Takes one request to Kombo from what all workers share. */
export async function takeRequest(store: Pick<Store, 'db'>, ask: RequestToTake): Promise<Take> {
  const { rows } = await sql<{ wait_ms: number; alone: boolean; per_integration: boolean }>`
    select * from kombo_sync.take_request(${ask.integrationId}, ${ask.urgent}, ${ask.perMinute ?? null}::integer,
      ${RESERVE}::float8)`.execute(store.db);
  const { wait_ms, alone, per_integration } = rows[0]!;
  return { waitMs: wait_ms, alone, perIntegration: per_integration };
}

export interface SaidLimit {
  integrationId: string;
  limit?: number | undefined;
  remaining?: number | undefined;
  /** Milliseconds until Kombo's window ends. */
  resetMs?: number | undefined;
  /** Kombo refused the request, and takes none for so many milliseconds. */
  blockedMs?: number | undefined;
  /** `takeRequest` has counted the request. */
  taken: boolean;
}

/** Notes what an answer of Kombo said of its limit. Returns whether Kombo counts requests by integration. */
export async function noteLimit(store: Pick<Store, 'db'>, said: SaidLimit): Promise<boolean> {
  const { integrationId, limit, remaining, resetMs, blockedMs, taken } = said;
  const { rows } = await sql<{ per_integration: boolean }>`
    select kombo_sync.note_limit(${integrationId}, ${limit ?? null}::integer, ${remaining ?? null}::integer,
      ${resetMs ?? null}::float8, ${blockedMs ?? null}::float8, ${taken}) as per_integration`.execute(
    store.db,
  );
  return rows[0]!.per_integration;
}

/** Takes one of the places of KOMBO_CONCURRENCY for so many milliseconds at most. False if all are taken. */
export async function takePlace(
  store: Pick<Store, 'db'>,
  place: { id: string; urgent: boolean; places: number; forMs: number },
): Promise<boolean> {
  const { rows } = await sql<{ taken: boolean }>`
    select kombo_sync.take_place(${place.id}::uuid, ${place.urgent}, ${place.places}::integer, ${RESERVE}::float8,
      ${place.forMs}::float8) as taken`.execute(store.db);
  return rows[0]!.taken;
}

export async function freePlace({ db }: Pick<Store, 'db'>, id: string): Promise<void> {
  await db.deleteFrom('kombo_sync.kombo_requests').where('id', '=', id).execute();
}

/** What is left of Kombo's limit, as the workers know it. */
export interface KomboLimit {
  /** Whether Kombo counts by API key or by integration. */
  countedBy: 'key' | 'integration';
  /** Requests in a window, by Kombo's headers; null while they have not been needed. */
  limit: number | null;
  remaining: number | null;
  windowEndsAt: Date | null;
  /** Kombo takes no request before this. */
  blockedUntil: Date | null;
}

/** The limit of the key; with an id, that of the integration if Kombo counts so. */
export async function readKomboLimit({ db }: Pick<Store, 'db'>, integrationId?: string): Promise<KomboLimit> {
  const rows = await db
    .selectFrom('kombo_sync.kombo_budget')
    .selectAll()
    .select(sql<boolean>`window_ends_at > clock_timestamp()`.as('is_open'))
    .select(sql<boolean>`blocked_until > clock_timestamp()`.as('is_blocked'))
    .select(
      sql<boolean>`refused_integration = ${integrationId ?? null} and refused_until > clock_timestamp()`.as(
        'is_refused',
      ),
    )
    .where('scope', 'in', ['', integrationId ?? ''])
    .execute();
  const key = rows.find(({ scope }) => scope === '');
  const row = key?.per_integration ? rows.find(({ scope }) => scope !== '') : key;
  return {
    countedBy: key?.per_integration ? 'integration' : 'key',
    limit: row?.request_limit ?? null,
    remaining: row?.is_open ? row.remaining : null,
    windowEndsAt: row?.is_open ? row.window_ends_at : null,
    blockedUntil: row?.is_blocked ? row.blocked_until : row?.is_refused ? row.refused_until : null,
  };
}
