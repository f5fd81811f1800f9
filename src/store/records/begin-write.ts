import type pg from 'pg';
import { SyncError } from '../../domain/errors.ts';
import type { Fields } from '../../domain/fields/policy.ts';
import { CHOICE_OF_WRITE, fingerprint, type ChoiceOfWrite } from '../state/field-choice.ts';
import type { WriteTarget } from './write-records.ts';

type Place = Pick<WriteTarget, 'integrationId' | 'endpoint'>;

/**
 * Takes the locks of a write: one writer per table and integration, and an announcement to readers of the feed. Kombo's
 * dates without an offset are UTC, so the session uses UTC, not the time zone of the database.
 *
 * @returns the number of the present moment. Answers written now have lower numbers, later requests higher.
 */
export async function beginWrite(client: pg.ClientBase, place: Place): Promise<number> {
  return (await begin(client, place)).seq;
}

/**
 * The same for a write of Kombo's records.
 *
 * @param fields the choice of fields that the caller has applied to them.
 * @throws SyncError WorkerLost if the choice has changed since then.
 */
export async function beginContent(
  client: pg.ClientBase,
  place: Place,
  fields: Fields | undefined,
): Promise<Pick<WriteTarget, 'arrivedSeq' | 'isClean'>> {
  const { seq, choice } = await begin(client, place);
  const recorded = choice?.fingerprint ?? null;
  if (recorded !== (fields ? fingerprint(fields) : null)) {
    throw new SyncError(
      'WorkerLost',
      'This worker has other values of EXCLUDE_FIELDS, HASH_FIELDS or HASH_KEY than the last setup.',
      {
        code: 'OtherFields',
        remedy:
          'Give all workers the same values and restart them. To keep those of this worker, run: kombo-sync setup',
      },
    );
  }
  return { arrivedSeq: seq, isClean: choice?.isClean ?? true };
}

async function begin(
  client: pg.ClientBase,
  place: Place,
): Promise<{ seq: number; choice: ChoiceOfWrite | null }> {
  try {
    const { rows } = await client.query<{ seq: number; choice: ChoiceOfWrite | null }>({
      name: 'begin_write',
      text: `select set_config('TimeZone', 'UTC', true), kombo_sync.begin_write($1) as seq, ${CHOICE_OF_WRITE} as choice`,
      values: [`${place.endpoint.table} ${place.integrationId}`],
    });
    return rows[0]!;
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code !== LOCK_NOT_AVAILABLE) throw error;
    const what = `Another page of ${place.endpoint.path} is being written for the same integration.`;
    throw new SyncError('TableLocked', what, { code: 'PageBusy', remedy: 'It is tried again.' });
  }
}

const LOCK_NOT_AVAILABLE = '55P03';
