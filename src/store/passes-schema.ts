import type { ColumnType, Generated } from 'kysely';
import type { DriftCounts, DriftVerdict, PassCounts } from '../domain/counts.ts';
import type { Because, PassKind, PassState, SweepState } from '../domain/reads.ts';
import type { Trigger } from '../domain/sync.ts';

export type WithDefault<T> = ColumnType<T, T | undefined, T>;

/** The column that holds each count of a drift report; in `passes` with `drift_` before it. */
export const DRIFT_COLUMNS = {
  missing: 'missing',
  stale: 'stale',
  wronglyLive: 'wrongly_live',
  wronglyDeleted: 'wrongly_deleted',
  expected: 'expected',
} as const satisfies Record<keyof DriftCounts, string>;

export type DriftColumn = (typeof DRIFT_COLUMNS)[keyof DriftCounts];

type PassCountColumns = Record<keyof PassCounts | `drift_${DriftColumn}`, WithDefault<number>>;

export interface PassesTable extends PassCountColumns {
  id: Generated<number>;
  sync_id: string;
  workflow_id: string;
  run_id: string;
  integration_id: string;
  endpoint: string;
  kind: PassKind;
  trigger: Trigger;
  because: Because;
  state: WithDefault<PassState>;
  /** The window: what changed after this; null reads everything. */
  updated_after: Date | null;
  /** What the pass is worth as a watermark once it is completed: its start, by Kombo's clock. */
  watermark_at: Date;
  moves_watermark: boolean;
  /** Changes up to here should have come by earlier passes; null when there was none. */
  drift_before: Date | null;
  cursor: string | null;
  restarts: WithDefault<number>;
  /** Moves with every commit: an attempt that lost its pass can no longer write. */
  version: WithDefault<number>;
  sweep_state: WithDefault<SweepState>;
  sweep_candidates: WithDefault<number>;
  sweep_deleted: WithDefault<number>;
  sweep_message: string | null;
  error_code: string | null;
  error_message: string | null;
  started_at: WithDefault<Date>;
  /** The start as a number of `kombo_sync.observations`: what was asked for since then has a higher one. */
  started_seq: Generated<number>;
  /** Shows that its worker lives: moves with every page, and while one is waited for. */
  active_at: WithDefault<Date>;
  /** It goes on then: Kombo's limit is used up, or a try has failed. */
  waits_until: Date | null;
  finished_at: Date | null;
  /** For how many deltas without a record, one after the other, the row stands; 0 when its own had one. */
  quiet_checks: WithDefault<number>;
  /** Deltas without a record of the same sync whose rows later ones have taken, as far as this row keeps them. */
  quiet_replaced: WithDefault<number>;
  /** When the first of these began. */
  quiet_since: Date | null;
}

/** What the completed passes of an endpoint come to. */
export interface EndpointStatesTable {
  integration_id: string;
  endpoint: string;
  /** Everything that Kombo had by then is in Postgres. */
  watermark_at: Date | null;
  watermark_pass: number | null;
  /** When the last pass began that has read all of it. */
  last_full_at: Date | null;
  /** When it had read everything. */
  last_full_ended_at: Date | null;
  last_full_pass: number | null;
  /** What the newest report of drift says. */
  drift: DriftVerdict | null;
}
