import { sql } from 'kysely';
import type { Store } from '../database.ts';

/** What is known of a schedule without asking Temporal for it. */
export interface MadeSchedule {
  id: string;
  /** Fingerprint of what it was made from. */
  made: string;
  /** Hash of what a list showed of it afterwards; null while none has. */
  shown: string | null;
  /** Long enough ago for a list to show it as it was made. */
  isListed: boolean;
}

/** A list lags behind by a second or so. */
const LISTED_AFTER_S = 60;

export async function readMadeSchedules(
  { db }: Pick<Store, 'db'>,
  ids?: readonly string[],
): Promise<Map<string, MadeSchedule>> {
  let query = db
    .selectFrom('kombo_sync.schedules')
    .select([
      'id',
      'made',
      'shown',
      sql<boolean>`made_at < now() - ${LISTED_AFTER_S} * interval '1 second'`.as('isListed'),
    ]);
  if (ids) query = query.where('id', 'in', ids);
  const rows = await query.execute();
  return new Map(rows.map((row) => [row.id, row]));
}

/** Notes what schedules were made from. One that is as it was keeps what is known of it. */
export async function noteMade(
  { db }: Pick<Store, 'db'>,
  made: Readonly<Record<string, string>>,
): Promise<void> {
  const entries = Object.entries(made);
  if (entries.length === 0) return;
  await sql`
    insert into kombo_sync.schedules as known (id, made)
    select * from unnest(${entries.map(([id]) => id)}::text[], ${entries.map(([, print]) => print)}::text[])
    on conflict (id) do update set made = excluded.made, made_at = now(), shown = null
      where known.made <> excluded.made`.execute(db);
}

/** Notes how a list shows schedules since they were made. */
export async function noteShown(
  { db }: Pick<Store, 'db'>,
  shown: readonly { id: string; made: string; shown: string }[],
): Promise<void> {
  if (shown.length === 0) return;
  await sql`
    update kombo_sync.schedules known set shown = s.shown
    from unnest(${shown.map(({ id }) => id)}::text[], ${shown.map(({ made }) => made)}::text[],
      ${shown.map((one) => one.shown)}::text[]) as s(id, made, shown)
    where known.id = s.id and known.made = s.made`.execute(db);
}

export async function forgetMade({ db }: Pick<Store, 'db'>, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await db.deleteFrom('kombo_sync.schedules').where('id', 'in', ids).execute();
}
