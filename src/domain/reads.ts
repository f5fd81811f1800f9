export const PASS_KINDS = ['delta', 'full'] as const;

export type PassKind = (typeof PASS_KINDS)[number];

export const PASS_STATES = ['running', 'completed', 'failed', 'skipped', 'abandoned'] as const;

export type PassState = (typeof PASS_STATES)[number];

/** The state of the sweep after a complete listing. */
export const SWEEP_STATES = ['none', 'due', 'checking', 'done', 'stopped'] as const;

export type SweepState = (typeof SWEEP_STATES)[number];

/** What can be owed. Each kind is paid and fails on its own, so none hides another. */
export const DEBT_KINDS = ['delta', 'full', 'sweep', 'look-up'] as const;

export type DebtKind = (typeof DEBT_KINDS)[number];

/** Stands in place of an endpoint for an owed look-up of the integration itself. */
export const LOOK_UP = '/integrations/{id}';

/** What started a sync. These are the values of the search attribute `KomboTrigger`. */
export const TRIGGERS = ['webhook', 'schedule', 'manual', 'catch-up', 'initial'] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** A read that a sync has to do. */
export interface PlannedPass {
  endpoint: string;
  kind: DebtKind;
  because: Because;
}

/** A read of a run. It belongs to a sync, whose id finds the row of its pass. */
export interface OpenPass extends PlannedPass {
  syncId: string;
  /** What started its sync. */
  trigger: Trigger;
  /** It continues at this time (epoch milliseconds). */
  waitsUntil?: number;
  /** Failed tries in a row. */
  tries?: number;
}

/** Identifies a read of an integration. */
export const readKey = ({ endpoint, kind }: Pick<PlannedPass, 'endpoint' | 'kind'>) => `${kind} ${endpoint}`;

/** Why a read failed or was skipped, for programs and for you. */
export interface Reason {
  /** An error class of `domain/errors.ts`, or Kombo's own code. */
  code: string;
  message: string;
}

/** Why an endpoint is read. You see it in the status, in the history and in Temporal's UI. */
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
