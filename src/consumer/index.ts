import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import pg from 'pg';
import { ConsumerStopped } from './errors.ts';
import { Alarm, pauseAfter } from './pause.ts';
import { consumeOn, type Progress } from './session.ts';
import { messageOf, readSettings, type Settings } from './settings.ts';
import type { ConsumeOptions, TableName } from './types.ts';

export { ConsumerStopped } from './errors.ts';
export type { Batch, Change, ChangeOf, ConsumeOptions, Failure, TableName, Verdict } from './types.ts';
export type { ChangeOp } from '../domain/change-ops.ts';
export type { TableChanged } from '../domain/changes-signal.ts';

/**
 * Hands every change of the copy to your logic, in order, with the row as it is now. The position moves in the transaction that
 * `handle` is given, so what you write with `tx` counts exactly once; effects elsewhere may come twice after a crash.
 *
 * Resolves when `signal` aborts, or when it has come to `until`. It waits out lost connections and failures of the handler, and lets another process with the
 * same name take over when this one is gone.
 *
 * @example
 * await consumeChanges({
 *   pool,
 *   consumer: 'stage-moves',
 *   tables: ['ats_applications'],
 *   async handle({ changes, tx }) {
 *     for (const { changedFields, row } of changes) {
 *       if (!row || !changedFields?.includes('current_stage_id')) continue;
 *       await tx.query('insert into stage_moves (application_id, stage_id) values ($1, $2)', [row.id, row.current_stage_id]);
 *     }
 *   },
 * });
 *
 * @throws TypeError for an option that cannot be; ConsumerStopped when it cannot continue.
 */
export async function consumeChanges<Table extends TableName = TableName>(
  options: ConsumeOptions<Table>,
): Promise<void> {
  const settings = readSettings(options);
  const pool = options.pool ?? openPool(options.connectionString!, settings);
  const progress: Progress = {
    holder: `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`,
    size: settings.batch,
    stretch: settings.batch,
    attempt: 0,
    skip: undefined,
    lost: 0,
  };
  try {
    while (!settings.signal.aborted) {
      try {
        return await consumeOnce(pool, settings, progress);
      } catch (error) {
        if (error instanceof ConsumerStopped) throw error;
        await waitOut(settings, progress, error);
      }
    }
  } finally {
    if (!options.pool) await pool.end();
  }
}

function openPool(connectionString: string, { consumer }: Settings): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    max: 1,
    application_name: `kombo-sync consumer ${consumer}`.slice(0, 63),
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  // Without a listener it would end the process.
  pool.on('error', () => {});
  return pool;
}

async function consumeOnce(pool: pg.Pool, settings: Settings, progress: Progress): Promise<void> {
  const client = await pool.connect();
  let broken: unknown;
  // Only this event says that an idle connection broke.
  const note = (error: Error) => (broken ??= error);
  client.on('error', note);
  try {
    await consumeOn(client, settings, progress);
    await client.query('unlisten *');
  } catch (error) {
    broken ??= error;
    throw error instanceof ConsumerStopped ? error : broken;
  } finally {
    // One that is thrown away may still have something to say, which without a listener would end the process.
    if (broken === undefined) client.off('error', note);
    client.release(broken !== undefined);
  }
}

async function waitOut(settings: Settings, progress: Progress, error: unknown): Promise<void> {
  progress.lost += 1;
  const verdict = await settings.onError({ error, change: undefined, attempt: progress.lost });
  if (verdict === 'stop') throw new ConsumerStopped('stopped', messageOf(error), { cause: error });
  const alarm = new Alarm();
  const ring = () => alarm.ring();
  settings.signal.addEventListener('abort', ring);
  if (!settings.signal.aborted) await alarm.arm()(pauseAfter(progress.lost));
  settings.signal.removeEventListener('abort', ring);
}
