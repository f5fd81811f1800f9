import { getEndpoint } from '../../src/domain/catalogue/index.ts';
import {
  decide,
  type Ask,
  type Begun,
  type Circumstances,
  type Debt,
  type EndpointHistory,
  type Failure,
} from '../../src/domain/decide.ts';

export const now = new Date('2026-03-10T12:00:00Z');
export const hours = (count: number) => new Date(now.getTime() + count * 3_600_000);
export const seconds = (count: number) => new Date(now.getTime() + count * 1_000);

/** An endpoint that was read an hour ago, and in full two days ago. */
export const READ: EndpointHistory = {
  watermark: hours(-1),
  lastFull: hours(-48),
  fullBegun: null,
  reading: {},
  debts: {},
};
export const NEVER: EndpointHistory = { ...READ, watermark: null, lastFull: null };

export const ASK: Ask = {
  kind: 'delta',
  by: 'webhook',
  everything: false,
  named: false,
  hidden: false,
  urgent: false,
};
export const NAMED: Partial<Ask> = { named: true };
export const HIDDEN: Partial<Ask> = { hidden: true };
export const TIMER: Partial<Ask> = { by: 'timer' };
export const CATCH_UP: Partial<Ask> = { by: 'catch-up', everything: true, urgent: true };
export const OPERATOR: Partial<Ask> = { by: 'operator', named: true, urgent: true };
export const FULL_SYNC: Partial<Ask> = { kind: 'full', by: 'full-sync', everything: true };

export const AROUND: Circumstances = {
  now,
  retryMs: 60_000,
  fullRefreshMs: 6 * 3_600_000,
  notChosen: undefined,
  unavailableModels: [],
  besideFullSync: false,
  busy: new Set(),
};

/** Debts were asked for an hour ago. */
const ASKED_SEQ = 1_000;
/** The start of a pass, `-count` hours ago. */
export const begun = (count: number): Begun => ({ at: hours(count), seq: ASKED_SEQ * (2 + count) });

function failure(more: Partial<Failure> = {}): Failure {
  return {
    errorClass: 'Unavailable',
    code: 'NETWORK',
    message: 'no',
    failures: 2,
    since: hours(-1),
    triedAt: hours(-0.5),
    needsAttention: false,
    givenUp: false,
    ...more,
  };
}

/** A failing read whose pause ends in an hour. */
export const failing = (more: Partial<Failure> = {}): Debt => ({
  since: hours(-1),
  askedSeq: ASKED_SEQ,
  dueAt: hours(1),
  failure: failure(more),
});
export const owed = (dueAt: Date | null = null): Debt => ({
  since: hours(-1),
  askedSeq: ASKED_SEQ,
  dueAt,
  failure: null,
});
export const refused = (more: Partial<Failure> = {}): Debt => {
  const code = 'INTEGRATION.MODEL_DISABLED';
  return { ...failing({ errorClass: 'EndpointDisabled', code, ...more }), dueAt: hours(20) };
};

/** Decisions in short form, for example `read delta webhook`, `owe full +4h NETWORK`, `skip delta MODEL_DISABLED`. */
export function decisions(
  history: Partial<EndpointHistory>,
  ask: Partial<Ask>,
  around: Partial<Circumstances> = {},
  path = '/lms/courses',
): string[] {
  return decide(getEndpoint(path), { ...READ, ...history }, { ...ASK, ...ask }, { ...AROUND, ...around }).map(
    (decision) => {
      if (decision.do === 'read') return `read ${decision.kind} ${decision.because}`;
      if (decision.do === 'skip') return `skip ${decision.kind} ${decision.reason.code}`;
      const { kind, dueAt, failure: why } = decision;
      const inHours = dueAt ? ` +${(dueAt.getTime() - now.getTime()) / 3_600_000}h` : '';
      return `owe ${kind}${inHours}${why ? ` ${why.code}` : ''}`;
    },
  );
}

/** What is known, what is asked for, and what is decided. */
export type Row = [what: string, history: Partial<EndpointHistory>, ask: Partial<Ask>, decides: string[]];
