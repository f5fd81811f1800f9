export const PASS_KINDS = ['delta', 'full'] as const;

export type PassKind = (typeof PASS_KINDS)[number];

export const PASS_STATES = ['running', 'completed', 'failed', 'skipped', 'abandoned'] as const;

export type PassState = (typeof PASS_STATES)[number];

/** How far the sweep after a complete listing is. */
export const SWEEP_STATES = ['none', 'due', 'checking', 'done', 'stopped'] as const;

export type SweepState = (typeof SWEEP_STATES)[number];

/** What can be owed for an endpoint. The three are paid, and fail, one by one: none hides another. */
export const DEBT_KINDS = ['delta', 'full', 'sweep', 'look-up'] as const;

export type DebtKind = (typeof DEBT_KINDS)[number];

/** The integration itself, in the place of an endpoint: what a look-up that is owed or failing stands under. */
export const LOOK_UP = '/integrations/{id}';

/** What started a sync; the values of the search attribute `KomboTrigger`. */
export const TRIGGERS = ['webhook', 'schedule', 'manual', 'catch-up', 'initial'] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** A read that a sync has to do. */
export interface PlannedPass {
  endpoint: string;
  kind: DebtKind;
  because: Because;
}

/** A read that a run does: it belongs to a sync, whose id finds its row again. */
export interface OpenPass extends PlannedPass {
  syncId: string;
  /** What started its sync. */
  trigger: Trigger;
  /** It goes on at this time (epoch milliseconds). */
  waitsUntil?: number;
  /** Tries that have failed in a row. */
  tries?: number;
}

/** Tells the reads of an integration from each other. */
export const readKey = ({ endpoint, kind }: Pick<PlannedPass, 'endpoint' | 'kind'>) => `${kind} ${endpoint}`;

/** Why something failed or was skipped, for programs and for the operator. */
export interface Reason {
  /** An error class of `domain/errors.ts`, or Kombo's own code. */
  code: string;
  message: string;
}

/** Why something is read; shown in the status, in the history and in Temporal's UI. */
export const BECAUSE = [
  'webhook',
  'operator',
  'catch-up',
  'full-sync',
  'owed',
  'retry',
  'never-read',
  'hidden-change',
  'no-filter',
  'outage',
] as const;

export type Because = (typeof BECAUSE)[number];

/** News that only a full read shows. */
const NEWS: readonly Because[] = ['webhook', 'hidden-change', 'no-filter'];

/** Whether a read may stand behind the reads of other integrations: it is long, and brings no news. */
export function isBulk({ kind, because }: Pick<PlannedPass, 'kind' | 'because'>): boolean {
  return (kind === 'full' || kind === 'sweep') && !NEWS.includes(because);
}
