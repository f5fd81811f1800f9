import type { DeltaFilter } from './catalogue/index.ts';
import type { PassKind } from './sync.ts';

/**
 * Kombo empties or removes a deleted record 14 days after it marked it, so a delta that reaches back further could miss
 * deletions for good: https://docs.kombo.dev/hris/features/deletion-policy
 */
const TOMBSTONE_LIFE_MS = 14 * 24 * 60 * 60 * 1000;

export interface WindowRequest {
  kind: PassKind;
  filter: DeltaFilter;
  /** Start of the newest completed pass, null when there is none. */
  watermark: Date | null;
  now: Date;
  since?: Date | undefined;
  overlapMs: number;
}

export interface PassWindow {
  /** A delta becomes a full pass when there is nothing that it could build on. */
  kind: PassKind;
  /** The pass reads what changed after this; null reads everything. */
  updatedAfter: Date | null;
  /** Whether the start of this pass counts as a watermark once it has completed. */
  movesWatermark: boolean;
  /** Changes up to here should have come by earlier passes: what a full pass still finds of them is drift. */
  driftBefore: Date | null;
}

/**
 * The window of a pass. A delta reads from the watermark minus the overlap: rows become visible late at Kombo, and
 * `updated_after` is strict. Reading a stretch again costs little, since equal rows are not written.
 *
 * A pass may only move the watermark when it leaves no gap behind it: it read everything, or its window begins no later
 * than that of a delta would.
 */
export function planWindow(request: WindowRequest): PassWindow {
  const { watermark, since, filter } = request;
  const overlapped = watermark && new Date(watermark.getTime() - request.overlapMs);
  if (request.kind === 'full') {
    if (since === undefined || filter === 'none') return everything(overlapped);
    const gapless = overlapped !== null && since <= overlapped;
    return { kind: 'full', updatedAfter: since, movesWatermark: gapless, driftBefore: overlapped };
  }
  const tooOld = watermark === null || request.now.getTime() - watermark.getTime() > TOMBSTONE_LIFE_MS;
  if (filter === 'none' || tooOld) return everything(overlapped);
  return { kind: 'delta', updatedAfter: overlapped, movesWatermark: true, driftBefore: null };
}

function everything(driftBefore: Date | null): PassWindow {
  return { kind: 'full', updatedAfter: null, movesWatermark: true, driftBefore };
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

/** Whether a moment that is asked for is still to come: a full sync since then would read nothing, and look like a success. */
export function isAhead(since: string, now: Date): boolean {
  return new Date(since) > now;
}
