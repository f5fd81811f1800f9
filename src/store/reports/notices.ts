import { sql } from 'kysely';
import { knownModels } from '../../domain/catalogue/index.ts';
import { codesOf } from '../../domain/errors.ts';
import { legacyTotals, type LegacyTotals } from './cutover.ts';
import type { Store } from '../database.ts';
import { listUnknownModels } from '../state/unknown-models.ts';
import { countUnknown } from '../state/unknown-integrations.ts';

/** What concerns the whole service, not one integration. */
export interface Notices {
  /** Kombo refuses every request: when it last did, and with which code. Null while reads succeed. */
  refused: { code: string; at: Date } | null;
  legacy: LegacyTotals;
  /** How many integrations webhooks have named that Kombo does not know. */
  unknown: number;
  /** Models that webhooks name and that this version does not know. */
  unknownModels: string[];
}

/** How many of the newest passes it looks at: more than run at once. */
const NEWEST_PASSES = 200;

export async function readNotices(store: Store): Promise<Notices> {
  const [refused, legacy, unknown, models] = await Promise.all([
    lastRefusal(store),
    legacyTotals(store),
    countUnknown(store),
    listUnknownModels(store, knownModels(store.extraEndpoints)),
  ]);
  return { refused, legacy, unknown, unknownModels: models.map(({ name }) => name) };
}

/** A refusal after which no pass was completed. */
async function lastRefusal(store: Store): Promise<Notices['refused']> {
  const { rows } = await sql<{ code: string; at: Date }>`
    with newest as (
      select state, error_code, finished_at from kombo_sync.passes
      where finished_at is not null order by finished_at desc limit ${NEWEST_PASSES})
    select error_code as code, finished_at as at from newest
    where error_code = any(${codesOf('AccessDenied')})
      and finished_at > coalesce((select max(finished_at) from newest where state = 'completed'), '-infinity')
    order by finished_at desc limit 1`.execute(store.db);
  return rows[0] ?? null;
}
