import type { EndpointDefinition } from './catalogue/index.ts';
import { textOfRaw, type StorableRecord } from './records.ts';
import { parseTimestamp } from './timestamp.ts';

/* What kombo-sync learns about an unknown endpoint by asking Kombo. */

/** How to ask for its list. */
interface Shape {
  paginated: boolean;
  includeDeleted: boolean;
}

/** The parameters that it takes. Null while its list has no record to try one with. */
export interface Learnt extends Shape {
  updatedAfter: boolean | null;
  byIds: boolean | null;
}

/** Ways to ask for a list, in order: Kombo refuses what an endpoint does not take, or ignores it. */
export const SHAPES: readonly Shape[] = [
  { paginated: true, includeDeleted: true },
  { paginated: true, includeDeleted: false },
  { paginated: false, includeDeleted: true },
  { paginated: false, includeDeleted: false },
];

/** After this time kombo-sync asks again, since Kombo changes. */
export const LEARNT_FOR_MS = 7 * 24 * 60 * 60 * 1000;

export function withLearnt(endpoint: EndpointDefinition, learnt: Learnt): EndpointDefinition {
  const { paginated, includeDeleted, updatedAfter, byIds } = learnt;
  return {
    ...endpoint,
    paginated,
    includeDeleted,
    delta: updatedAfter ? 'updated_after' : 'none',
    byIds: byIds ?? false,
  };
}

/** A live record to try filters with. `changedAt` is null if the record does not have it. */
export interface Sample {
  id: string;
  changedAt: Date | null;
}

/** The record that changed last, so that a filter returns few others with it. */
export function pickSample(records: readonly StorableRecord[]): Sample | undefined {
  let newest: Sample | undefined;
  for (const record of records) {
    // A tombstone may be emptied, and is not shown everywhere.
    if (record.deleted) continue;
    const { id } = record;
    const { changed_at: changedAt } = JSON.parse(textOfRaw(record)) as { changed_at?: unknown };
    const time = typeof changedAt === 'string' ? (parseTimestamp(changedAt) ?? null) : null;
    const sample = { id, changedAt: time };
    if (!newest || timeOf(sample) > timeOf(newest)) newest = sample;
  }
  return newest;
}

const timeOf = ({ changedAt }: Sample) => changedAt?.getTime() ?? -Infinity;

/** A time in the far future. If a list returns records that changed since then, it ignores the filter. */
export const NOTHING_SINCE = new Date('2100-01-01T00:00:00.000Z');
/** An id that no record has. */
export const NO_SUCH_ID = 'kombo-sync-asks-for-no-record';

/** `updated_after` with this time must return a record that changed at `time`, even if Kombo compares whole seconds. */
export const justBefore = (time: Date) => new Date(time.getTime() - 1000);
