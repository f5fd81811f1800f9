import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { Config } from '../../config.ts';
import type { EndpointDefinition } from '../../domain/catalogue/index.ts';
import { SyncError } from '../../domain/errors.ts';
import { textOfRaw, type RejectedRecord, type StorableRecord } from '../../domain/records.ts';
import type { FieldPolicy, Fields } from '../../domain/fields/policy.ts';
import type { PassCounts } from '../../domain/counts.ts';
import { batches } from './batches.ts';
import { isDataError } from './data-tables.ts';
import { purgeRows } from './purge-rows.ts';
import { textArray } from './text-array.ts';
import { emptiedSql, upsertStatement } from './upsert-sql.ts';

export interface WriteTarget {
  integrationId: string;
  endpoint: EndpointDefinition;
  /** When the page was asked for, by the database's clock. */
  observedAt: Date;
  /** The same moment, or an earlier one, as a number of `kombo_sync.observations`. */
  askedSeq: number;
  /** The result of `beginWrite`. */
  arrivedSeq: number;
  /** Earlier passes should have brought changes up to here; null counts no drift. */
  driftBefore: Date | null;
  passId: number | null;
  /** From `beginContent`; true by default. */
  isClean?: boolean;
}

/** Whether an emptied tombstone erases the stored fields, and whether bodies of rejected records are kept. */
export interface WriteOptions extends Pick<Config, 'ERASE_EMPTIED' | 'KEEP_REJECTED_BODIES'> {
  /** Which fields were excluded or hashed; by default, everything is stored. */
  fields?: Fields;
}

/** What a write did. The names are columns of `kombo_sync.passes`. */
export interface WriteCounts extends Omit<PassCounts, 'pages' | 'records'> {
  drift_missing: number;
  drift_stale: number;
  drift_wrongly_live: number;
  drift_wrongly_deleted: number;
  drift_expected: number;
}

export const NOTHING_WRITTEN: WriteCounts = {
  created: 0,
  updated: 0,
  unchanged: 0,
  deleted: 0,
  restored: 0,
  stale: 0,
  rejected: 0,
  drift_missing: 0,
  drift_stale: 0,
  drift_wrongly_live: 0,
  drift_wrongly_deleted: 0,
  drift_expected: 0,
};

/** Whether the change feed got an entry. */
export function isChange(counts: WriteCounts): boolean {
  return counts.created + counts.updated + counts.deleted + counts.restored > 0;
}

/**
 * Writes records inside the caller's transaction, which must have begun with `beginWrite`. With `careful`, it finds a
 * record that Postgres cannot hold by halving, and sets it aside. Without, such a record fails the statement
 * (`isDataError`), and the caller starts over with `careful`. So ordinary pages need no savepoint.
 */
export async function writeRecords(
  client: pg.ClientBase,
  target: WriteTarget,
  records: readonly StorableRecord[],
  rejected: readonly RejectedRecord[],
  options: WriteOptions,
  careful: boolean,
): Promise<WriteCounts> {
  await makeClean(client, target, records, options.fields);
  const policy = options.fields?.incoming(target.endpoint);
  let counts = NOTHING_WRITTEN;
  let remaining = records;
  const refused: RejectedRecord[] = [...rejected];

  const emptied = options.ERASE_EMPTIED ? [] : records.filter((record) => record.emptied);
  if (emptied.length > 0) {
    const done = await markEmptied(client, target, emptied);
    counts = addWritten(counts, done.counts);
    remaining = records.filter((record) => !done.known.has(record.id));
  }
  for (const batch of batches(remaining)) {
    counts = addWritten(
      counts,
      careful
        ? await writeCarefully(client, target, batch, policy, refused)
        : await upsert(client, target, batch, policy),
    );
  }
  if (refused.length > 0) await setAside(client, target, refused, options.KEEP_REJECTED_BODIES);
  return { ...counts, rejected: refused.length };
}

/**
 * While stored values still wait for a purge, purges the rows of a page before comparing them with the new records. So
 * the purge never counts as a change, and the change feed does not show it.
 */
async function makeClean(
  client: pg.ClientBase,
  { endpoint, integrationId, isClean = true }: WriteTarget,
  records: readonly StorableRecord[],
  fields: Fields | undefined,
): Promise<void> {
  const policy = isClean ? undefined : fields?.stored(endpoint);
  if (!policy || records.length === 0) return;
  const ids = records.map(({ id }) => id);
  await purgeRows(client, endpoint, integrationId, ids, policy);
}

function addWritten(a: WriteCounts, b: WriteCounts): WriteCounts {
  const sum = { ...a };
  for (const key of Object.keys(NOTHING_WRITTEN) as (keyof WriteCounts)[]) sum[key] += b[key];
  return sum;
}

async function upsert(
  client: pg.ClientBase,
  target: WriteTarget,
  records: readonly StorableRecord[],
  policy: FieldPolicy | undefined,
): Promise<WriteCounts> {
  if (records.length === 0) return NOTHING_WRITTEN;
  const misfits = records.some(({ projection }) => projection !== undefined);
  const texts = textArray(records.map((record) => record.raw));
  const others = comparedInRecords(target.endpoint, records, misfits);
  const variant = { withProjections: misfits, withOthers: others.length > 0, chosen: policy !== undefined };
  const { rows } = await client.query<Omit<WriteCounts, 'rejected'> & { missed: number; never_live: number }>(
    {
      ...upsertStatement(target.endpoint, variant),
      values: [
        target.integrationId,
        texts.value,
        target.observedAt,
        target.driftBefore,
        target.endpoint.path,
        target.askedSeq,
        target.arrivedSeq,
        ...(policy ? [records.some(({ hasTimes }) => hasTimes) ? policy.timedKeys : [], target.passId] : []),
        ...(misfits ? [projectionsOf(records)] : []),
        ...(others.length > 0 ? [others] : []),
      ],
    },
  );
  // After an error it may still be on its way.
  texts.release();
  const { missed, never_live: _, ...counts } = rows[0]!;
  if (missed > 0) {
    throw new Error(
      `${missed} rows of table ${target.endpoint.table} were changed by another session meanwhile; the page has to be written again.`,
    );
  }
  return { ...NOTHING_WRITTEN, ...counts };
}

/** A jsonb object: position → the record without what does not fit. */
function projectionsOf(records: readonly StorableRecord[]): string {
  const members = records.flatMap(({ projection }, index) =>
    projection === undefined ? [] : [`"${index}":${projection}`],
  );
  return `{${members.join(',')}}`;
}

const MOST_OTHERS = 500;

/** Fields that the columns cannot tell about: those that have none, and all if some values do not fit. */
function comparedInRecords(
  { fields }: EndpointDefinition,
  records: readonly StorableRecord[],
  misfits: boolean,
): string[] {
  const lists = new Set<readonly string[]>();
  for (const { undocumented } of records) lists.add(undocumented);
  const names = new Set([...lists].flat());
  if (misfits) for (const name of Object.keys(fields)) names.add(name);
  return [...names].slice(0, MOST_OTHERS);
}

async function writeCarefully(
  client: pg.ClientBase,
  target: WriteTarget,
  records: readonly StorableRecord[],
  policy: FieldPolicy | undefined,
  refused: RejectedRecord[],
): Promise<WriteCounts> {
  await client.query('savepoint batch');
  try {
    const counts = await upsert(client, target, records, policy);
    await client.query('release savepoint batch');
    return counts;
  } catch (error) {
    if (!isDataError(error)) throw error;
    await client.query('rollback to savepoint batch');
    const [first] = records;
    if (records.length === 1 && first) {
      const text = textOfRaw(first);
      requireJson(text, target);
      refused.push({ id: first.id, reason: 'unstorable', text });
      return NOTHING_WRITTEN;
    }
    const middle = Math.ceil(records.length / 2);
    const left = await writeCarefully(client, target, records.slice(0, middle), policy, refused);
    return addWritten(left, await writeCarefully(client, target, records.slice(middle), policy, refused));
  }
}

/** Bytes are left to Postgres to parse: what it refuses may be an answer that is not whole, and no record. */
function requireJson(text: string, { endpoint }: WriteTarget): void {
  try {
    JSON.parse(text);
  } catch {
    throw new SyncError('Unavailable', `Kombo answered ${endpoint.path} with an answer that is not whole.`);
  }
}

async function markEmptied(
  client: pg.ClientBase,
  target: WriteTarget,
  records: readonly StorableRecord[],
): Promise<{ counts: WriteCounts; known: Set<string> }> {
  const { rows } = await client.query<{ id: string; changed: boolean; lived: boolean; late: boolean | null }>(
    emptiedSql(target.endpoint),
    [
      target.integrationId,
      JSON.stringify(records.map(deletionOf)),
      target.observedAt,
      target.driftBefore,
      target.askedSeq,
      target.arrivedSeq,
    ],
  );
  const changed = rows.filter((row) => row.changed);
  const deleted = changed.filter((row) => row.lived).length;
  return {
    counts: {
      ...NOTHING_WRITTEN,
      deleted,
      updated: changed.length - deleted,
      unchanged: rows.length - changed.length,
      drift_wrongly_live: rows.filter((row) => row.late).length,
    },
    known: new Set(rows.map((row) => row.id)),
  };
}

/** Only what is used goes to Postgres: anything else of the record may be something that it cannot hold. */
function deletionOf(record: StorableRecord): Record<string, unknown> {
  const text = record.projection ?? textOfRaw(record);
  const { changed_at, remote_deleted_at } = JSON.parse(text) as Record<string, unknown>;
  return { id: record.id, changed_at, remote_deleted_at };
}

async function setAside(
  client: pg.ClientBase,
  target: WriteTarget,
  records: readonly RejectedRecord[],
  keepBodies: boolean,
): Promise<void> {
  const rows = new Map(
    records.map((record) => {
      const hash = createHash('sha256').update(record.text).digest('hex');
      const key = record.id ?? hash;
      return [
        key,
        { key, id: record.id ?? null, reason: record.reason, hash, body: keepBodies ? record.text : null },
      ];
    }),
  );
  await client.query(
    `insert into kombo_sync.rejected_records as r
       (integration_id, endpoint, record_key, id, reason, hash, body, pass_id)
     select $1, $2, left(key, 500), left(id, 500), reason, hash, body, $3
     from jsonb_to_recordset($4::jsonb) as x(key text, id text, reason text, hash text, body text)
     on conflict (integration_id, endpoint, record_key) do update set
       reason = excluded.reason, hash = excluded.hash, body = excluded.body, pass_id = excluded.pass_id,
       times = r.times + 1, last_seen_at = now()`,
    [target.integrationId, target.endpoint.path, target.passId, JSON.stringify([...rows.values()])],
  );
}
