import type { Store } from '../database.ts';

/** Names come from outside, so their number is bounded. Kombo will never have this many. */
const MOST_NAMES = 500;

/** An unknown model that webhooks named. */
export interface UnknownModel {
  name: string;
  times: number;
  firstSeenAt: Date;
  lastSeenAt: Date;
}

/** Writes them in the order of their names, so that two syncs cannot deadlock. */
export async function noteUnknownModels(store: Store, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  await store.pool.query(
    `insert into kombo_sync.unknown_models as known (name)
     select name from unnest($1::text[]) as named(name)
     where exists (select from kombo_sync.unknown_models u where u.name = named.name)
       or (select count(*) from kombo_sync.unknown_models) < ${MOST_NAMES}
     order by name limit ${MOST_NAMES}
     on conflict (name) do update set times = known.times + 1, last_seen_at = now()`,
    [[...new Set(names)]],
  );
}

/** Leaves out models that this version knows by now. The one named last comes first. */
export async function listUnknownModels(store: Store, known: ReadonlySet<string>): Promise<UnknownModel[]> {
  const { rows } = await store.pool.query<UnknownModel>(
    `select name, times::float8 as times, first_seen_at as "firstSeenAt", last_seen_at as "lastSeenAt"
     from kombo_sync.unknown_models where name <> all($1) order by last_seen_at desc, name`,
    [[...known]],
  );
  return rows;
}
