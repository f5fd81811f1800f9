import type { Store } from '../database.ts';

/** A turn to do something for all workers. */
export interface Turn {
  part: string;
  turn: number;
}

/**
 * Takes the turn if it is time; the next one comes in `everyMs`. Undefined if another worker has it. A time far ahead was written
 * by a clock that was wrong, so it counts as come.
 */
export async function takeTurn(
  { pool }: Pick<Store, 'pool'>,
  part: string,
  everyMs: number,
): Promise<Turn | undefined> {
  const { rows } = await pool.query<Turn>(
    `insert into kombo_sync.turns as t (part, next_at)
     values ($1, clock_timestamp() + $2 * interval '1 millisecond')
     on conflict (part) do update set next_at = excluded.next_at, turn = t.turn + 1
       where t.next_at <= clock_timestamp() or t.next_at > clock_timestamp() + interval '1 day'
     returning part, turn`,
    [part, everyMs],
  );
  return rows[0];
}

/** Whether some process takes the turns of a part: the next one is at most so many milliseconds overdue. */
export async function isTurnTaken(
  { pool }: Pick<Store, 'pool'>,
  part: string,
  overdueMs: number,
): Promise<boolean> {
  const { rowCount } = await pool.query(
    `select from kombo_sync.turns
     where part = $1 and next_at > clock_timestamp() - $2 * interval '1 millisecond'`,
    [part, overdueMs],
  );
  return rowCount === 1;
}

/** Puts the next turn off, after one that took long. */
export async function putOff({ pool }: Pick<Store, 'pool'>, { part, turn }: Turn, ms: number): Promise<void> {
  await pool.query(
    `update kombo_sync.turns set next_at = greatest(next_at, clock_timestamp() + $3 * interval '1 millisecond')
     where part = $1 and turn = $2`,
    [part, turn, ms],
  );
}
