/** Counts of one pass, or of several added up. `records` is what Kombo returned, whatever became of it. */
export interface PassCounts {
  pages: number;
  records: number;
  created: number;
  updated: number;
  unchanged: number;
  deleted: number;
  restored: number;
  /** Older than what is stored, so not written. */
  stale: number;
  rejected: number;
}

export const NO_COUNTS: PassCounts = {
  pages: 0,
  records: 0,
  created: 0,
  updated: 0,
  unchanged: 0,
  deleted: 0,
  restored: 0,
  stale: 0,
  rejected: 0,
};

export function addCounts(a: PassCounts, b: PassCounts): PassCounts {
  const sum = { ...a };
  for (const key of Object.keys(NO_COUNTS) as (keyof PassCounts)[]) sum[key] = a[key] + b[key];
  return sum;
}

/** What a full pass had to repair that a delta should have brought. */
export interface DriftCounts {
  missing: number;
  stale: number;
  wronglyLive: number;
  wronglyDeleted: number;
  /** How much of the above no delta could have shown. */
  expected: number;
}

/** How a drift report is judged: `expected` when no delta could have shown any of it. */
export const DRIFT_VERDICTS = ['none', 'expected', 'unexpected'] as const;

export type DriftVerdict = (typeof DRIFT_VERDICTS)[number];

export function driftVerdict(counts: DriftCounts): DriftVerdict {
  const all = counts.missing + counts.stale + counts.wronglyLive + counts.wronglyDeleted;
  if (all === 0) return 'none';
  return counts.expected >= all ? 'expected' : 'unexpected';
}
