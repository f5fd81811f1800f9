import type { DeltaFilter } from './catalogue/index.ts';
import type { PassKind } from './reads.ts';

/**
 * Kombo empties or removes a deleted record 14 days after it has marked it, so a delta that begins earlier could miss
 * deletions for ever: https://docs.kombo.dev/hris/features/deletion-policy
 */
export const TOMBSTONE_LIFE_MS = 14 * 24 * 60 * 60 * 1000;

export interface WindowRequest {
  kind: PassKind;
  filter: DeltaFilter;
  /** Start of the newest completed pass; null if there is none. */
  watermark: Date | null;
  /** Start of a full pass that has not completed. It reads the changes before its start. */
  fullBegun: Date | null;
  now: Date;
  since?: Date | undefined;
  overlapMs: number;
}

export interface PassWindow {
  /** The pass reads what changed after this; null: everything, also for a delta without a watermark. */
  updatedAfter: Date | null;
  /** Whether the start of this pass becomes the watermark when it has completed. */
  movesWatermark: boolean;
  /** Earlier passes should have read all changes before this. Those that a full pass still finds are drift. */
  driftBefore: Date | null;
}

/**
 * The window of a pass. A delta reads from the watermark minus the overlap: Kombo shows changes late, and
 * `updated_after` is strict. To read some records again costs little, since equal rows are not written. Without a
 * watermark, a delta reads from the start of the running full pass, so that news does not wait for its end.
 *
 * A pass may move the watermark only if it leaves no gap: it read everything, or its window begins no later than the
 * watermark, and no deletion since then can have lost its trace.
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

/** No clock is off by more. A Date header that says so is stale, for example from a cache. */
const MAX_CORRECTION_MS = 24 * 60 * 60 * 1000;

/**
 * How far to move back the start of a pass so that it is right by Kombo's clock (milliseconds, never above 0).
 * `answeredAt` is our time of the answer, `kombo` its Date header, which is cut to whole seconds, so a pass may read a
 * second too much. If our clock is behind, nothing needs a correction.
 */
export function clockCorrection(kombo: Date | null, answeredAt: Date): number {
  if (kombo === null || Number.isNaN(kombo.getTime())) return 0;
  return Math.max(-MAX_CORRECTION_MS, Math.min(0, kombo.getTime() - answeredAt.getTime()));
}

/**
 * The time of a request by Kombo's clock, or a little earlier: the Date header of the answer minus the time that the
 * answer took, by our own timer. No start of a pass counts as later than this: if our clock was ahead when the pass
 * began but is right when the answer comes, `clockCorrection` finds nothing to correct.
 */
export function askedByKombo(kombo: Date | null, tookMs: number): Date | null {
  if (kombo === null || Number.isNaN(kombo.getTime())) return null;
  return new Date(kombo.getTime() - Math.ceil(tookMs));
}
