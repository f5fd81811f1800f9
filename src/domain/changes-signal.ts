/* The signal that starts workflows of yours after a change: CHANGES_SIGNAL. */

export const TABLE_CHANGED = 'tableChanged';

/** What the signal says, and what the workflow is started with: positions of the feed, and nothing of a record. */
export interface TableChanged {
  /** A table of schema `kombo`. */
  table: string;
  /** Null if one workflow is signalled for all integrations. */
  integrationId: string | null;
  /** Changes of the table come after this position of the feed, */
  after: number;
  /** and the last of them is this one. */
  upTo: number;
}

/** The setting CHANGES_SIGNAL. */
export interface SignalledWorkflow {
  type: string;
  taskQueue: string;
}

/** The setting CHANGES_SIGNAL_SCOPE: what one workflow is about. */
export const SIGNAL_SCOPES = ['table', 'integration'] as const;
export type SignalScope = (typeof SIGNAL_SCOPES)[number];

/** Several passes within this time are one signal. */
export const SIGNAL_EVERY_MS = 5_000;
/** Temporal has so long to accept one. */
export const SIGNAL_TIMEOUT_MS = 10_000;

const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;

/** The pause before the next try, which grows with each failure in a row. */
export const signalPause = (failures: number) =>
  Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 10));
