import type { DeltaFilter } from './catalogue/index.ts';
import type { PassKind } from './reads.ts';

/**
 * Kombo empties or removes a deleted record 14 days after it marked it, so a delta that reaches back further could miss
 * deletions for good: https://docs.kombo.dev/hris/features/deletion-policy
 */
export const TOMBSTONE_LIFE_MS = 14 * 24 * 60 * 60 * 1000;

export interface WindowRequest {
  kind: PassKind;
  filter: DeltaFilter;
  /** Start of the newest completed pass, null when there is none. */
  watermark: Date | null;
  /** Start of a full pass that has begun and not completed: what changed before it is for that pass to read. */
  fullBegun: Date | null;
  now: Date;
  since?: Date | undefined;
  overlapMs: number;
}

export interface PassWindow {
  /** The pass reads what changed after this; null reads everything, as a delta does that has nothing to build on. */
  updatedAfter: Date | null;
  /** Whether the start of this pass counts as a watermark once it has completed. */
  movesWatermark: boolean;
  /** Changes up to here should have come by earlier passes: what a full pass still finds of them is drift. */
  driftBefore: Date | null;
}

/**
 * The window of a pass. A delta reads from the watermark minus the overlap: rows become visible late at Kombo, and
 * `updated_after` is strict. Reading a stretch again costs little, since equal rows are not written. Before there is a
 * watermark it reads from the beginning of the full pass that is under way, so that news does not wait for its end.
 *
 * A pass may only move the watermark when it leaves no gap behind it: it read everything, or its window begins no later
 * than the watermark, and no deletion since then can have lost its trace.
 */
export function planWindow(request: WindowRequest): PassWindow {
  const { watermark, fullBegun, since, filter } = request;
  const overlapped = before(watermark, request.overlapMs);
  if (request.kind === 'full') {
    if (since === undefined || filter === 'none') return everything(overlapped);
    const gapless = overlapped !== null && since <= overlapped;
    return { updatedAfter: since, movesWatermark: gapless, driftBefore: overlapped };
  }
  const updatedAfter = overlapped ?? before(fullBegun, request.overlapMs);
  if (filter === 'none' || updatedAfter === null) return everything(overlapped);
  const age = request.now.getTime() - (watermark?.getTime() ?? -Infinity);
  return { updatedAfter, movesWatermark: age <= TOMBSTONE_LIFE_MS, driftBefore: null };
}

function before(moment: Date | null, ms: number): Date | null {
  return moment && new Date(moment.getTime() - ms);
}

function everything(driftBefore: Date | null): PassWindow {
  return { updatedAfter: null, movesWatermark: true, driftBefore };
}

/** No clock is off by more; a Date header that says so is stale, from a cache on the way. */
const MAX_CORRECTION_MS = 24 * 60 * 60 * 1000;

/**
 * How far the start of a pass must be moved back so that it holds by Kombo's clock (milliseconds, never above 0).
 * `answeredAt` is our clock when the answer came, `kombo` the answer's Date header, which is cut to whole seconds; so this
 * errs towards reading a second too much. A clock of ours that runs behind needs no correction.
 */
export function clockCorrection(kombo: Date | null, answeredAt: Date): number {
  if (kombo === null || Number.isNaN(kombo.getTime())) return 0;
  return Math.max(-MAX_CORRECTION_MS, Math.min(0, kombo.getTime() - answeredAt.getTime()));
}

/**
 * What Kombo's clock said when it was asked, or a little less: the answer's Date header less the time that the answer took,
 * by the reader's own timer. No start of a pass counts as later than that. Our clock may have run ahead when the pass began
 * and be right again when the answer comes; then `clockCorrection` finds nothing to correct.
 */
export function askedByKombo(kombo: Date | null, tookMs: number): Date | null {
  if (kombo === null || Number.isNaN(kombo.getTime())) return null;
  return new Date(kombo.getTime() - Math.ceil(tookMs));
}
