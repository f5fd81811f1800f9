/** What a pass counts, in the order of the output. */
export const PASS_COUNTS = [
  'pages',
  /** All records that Kombo returned, stored or not. */
  'records',
  'created',
  'updated',
  'unchanged',
  'deleted',
  'restored',
  /** Older than the row, so not written. */
  'stale',
  /** Could not be stored, so set aside. */
  'rejected',
] as const;

/** Counts of one pass, or of several added up. */
export type PassCounts = Record<(typeof PASS_COUNTS)[number], number>;

/** Zero for each key. */
export function none<Key extends string>(keys: readonly Key[]): Record<Key, number> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Record<Key, number>;
}

export const NO_COUNTS: PassCounts = none(PASS_COUNTS);

export function addCounts(a: PassCounts, b: PassCounts): PassCounts {
  const sum = { ...a };
  for (const key of PASS_COUNTS) sum[key] = a[key] + b[key];
  return sum;
}

export function subtractCounts(a: PassCounts, b: PassCounts): PassCounts {
  const left = { ...a };
  for (const key of PASS_COUNTS) left[key] = a[key] - b[key];
  return left;
}

/** What a full pass had to repair that a delta should have brought. */
const REPAIRS = ['missing', 'stale', 'wronglyLive', 'wronglyDeleted'] as const;

/** `expected`: how many of the others no delta could have shown. */
export const DRIFT_COUNTS = [...REPAIRS, 'expected'] as const;

export type DriftCounts = Record<(typeof DRIFT_COUNTS)[number], number>;

export function repaired(counts: DriftCounts): number {
  return REPAIRS.reduce((sum, key) => sum + counts[key], 0);
}

/** The verdict on a drift report, the worst last. `expected`: no delta could have shown any of it. */
export const DRIFT_VERDICTS = ['none', 'expected', 'unexpected'] as const;

export type DriftVerdict = (typeof DRIFT_VERDICTS)[number];

export function driftVerdict(counts: DriftCounts): DriftVerdict {
  const all = repaired(counts);
  if (all === 0) return 'none';
  return counts.expected >= all ? 'expected' : 'unexpected';
}
