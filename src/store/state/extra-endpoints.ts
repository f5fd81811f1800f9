import type pg from 'pg';
import { endpointsWith, getEndpoint, type EndpointDefinition } from '../../domain/catalogue/index.ts';
import { LEARNT_FOR_MS, withLearnt, type Learnt } from '../../domain/learnt.ts';
import type { Store } from '../database.ts';

/* Unknown endpoints: which of them have a table, and which parameters they take. */

/** Notes that an endpoint has a table. */
export async function registerExtra(client: pg.ClientBase, path: string): Promise<void> {
  await client.query('insert into kombo_sync.extra_endpoints (path) values ($1) on conflict do nothing', [
    path,
  ]);
}

/** All endpoints that have a table, including those that EXTRA_ENDPOINTS no longer names. */
export async function storedEndpoints(
  client: pg.ClientBase | pg.Pool,
): Promise<readonly EndpointDefinition[]> {
  const { rows } = await client.query<{ path: string }>(
    'select path from kombo_sync.extra_endpoints order by path',
  );
  return endpointsWith(rows.map(({ path }) => path));
}

/** The same plus those that EXTRA_ENDPOINTS names. Works before the first migration too. */
export async function wantedEndpoints(
  client: pg.ClientBase | pg.Pool,
  extra: readonly string[],
): Promise<readonly EndpointDefinition[]> {
  const { rows } = await client.query<{ name: string | null }>(
    `select to_regclass('kombo_sync.extra_endpoints')::text as name`,
  );
  const stored = rows[0]?.name ? await storedEndpoints(client) : [];
  return endpointsWith([...new Set([...extra, ...stored.map(({ path }) => path)])]);
}

/** What was learnt about these endpoints, by path. */
export async function readLearnt(
  { pool }: Pick<Store, 'pool'>,
  endpoints: readonly EndpointDefinition[],
): Promise<Map<string, Learnt>> {
  const unknown = endpoints.filter(({ status }) => status === 'unknown').map(({ path }) => path);
  if (unknown.length === 0) return new Map();
  const { rows } = await pool.query<Learnt & { path: string }>(
    `select path, paginated, include_deleted as "includeDeleted", updated_after as "updatedAfter", by_ids as "byIds"
     from kombo_sync.extra_endpoints where path = any($1) and learnt_at is not null`,
    [unknown],
  );
  return new Map(rows.map(({ path, ...learnt }) => [path, learnt]));
}

/** The endpoint, with what was learnt about it if it is unknown. */
export async function learntEndpoint(store: Pick<Store, 'pool'>, path: string): Promise<EndpointDefinition> {
  const endpoint = getEndpoint(path);
  const learnt = (await readLearnt(store, [endpoint])).get(path);
  return learnt ? withLearnt(endpoint, learnt) : endpoint;
}

/** Whether an endpoint was not learnt, not completely, or long ago. */
export async function isToBeLearnt({ pool }: Pick<Store, 'pool'>, path: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    `select from kombo_sync.extra_endpoints
     where path = $1 and learnt_at > now() - $2::float8 * interval '1 millisecond' and updated_after is not null`,
    [path, LEARNT_FOR_MS],
  );
  return rowCount === 0;
}

export async function saveLearnt({ pool }: Pick<Store, 'pool'>, path: string, learnt: Learnt): Promise<void> {
  const { paginated, includeDeleted, updatedAfter, byIds } = learnt;
  await pool.query(
    `insert into kombo_sync.extra_endpoints (path, paginated, include_deleted, updated_after, by_ids, learnt_at)
     values ($1, $2, $3, $4, $5, now())
     on conflict (path) do update set paginated = $2, include_deleted = $3, updated_after = $4, by_ids = $5, learnt_at = now()`,
    [path, paginated, includeDeleted, updatedAfter, byIds],
  );
}

/** Kombo refuses a parameter that it took before: the endpoint is learnt again before the next full read. */
export async function forgetLearnt({ pool }: Pick<Store, 'pool'>, path: string): Promise<void> {
  await pool.query('update kombo_sync.extra_endpoints set learnt_at = null where path = $1', [path]);
}
