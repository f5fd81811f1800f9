import { type Because, type DebtKind, type PassKind, type Reason } from './reads.ts';
import { isOffered, ownModel, type EndpointDefinition } from './catalogue/index.ts';
import { classesThat, type ErrorClass } from './errors.ts';
import { TOMBSTONE_LIFE_MS } from './window.ts';

/** What asks for a sync. A webhook or you (`operator`) bring news; the others look without news. */
const ASKERS = ['webhook', 'operator', 'catch-up', 'full-sync', 'timer'] as const;
export type Asker = (typeof ASKERS)[number];

/** Why a read fails, and since when. */
export interface Failure extends Reason {
  errorClass: ErrorClass;
  /** Failures in a row. */
  failures: number;
  since: Date;
  triedAt: Date;
  /** Trying again did not help, or cannot help. */
  needsAttention: boolean;
  /** No timer waits for the next try. */
  givenUp: boolean;
}

/** A read that is owed. */
export interface Debt {
  /** Changes reported since then may not have been read. */
  since: Date;
  /** When it was last asked for, as a number of a sequence: only a pass that begins later pays it. */
  askedSeq: number;
  /** Timers do not read it before this; null: now. */
  dueAt: Date | null;
  failure: Failure | null;
}

/** The start of a pass. */
export interface Begun {
  at: Date;
  /** A number of the sequence that orders passes and debts. */
  seq: number;
}

/** What is known about an endpoint before a sync. */
export interface EndpointHistory {
  /** Start of the newest completed pass. */
  watermark: Date | null;
  /** Start of the newest completed pass without a window. */
  lastFull: Date | null;
  /** Start of a full pass that runs, or that failed and can be resumed. It covers all changes before that time. */
  fullBegun: Date | null;
  /** Passes that any sync reads or sweeps now. */
  reading: Partial<Record<PassKind | 'sweep', Begun>>;
  debts: Partial<Record<DebtKind, Debt>>;
}

export const NO_HISTORY: EndpointHistory = {
  watermark: null,
  lastFull: null,
  fullBegun: null,
  reading: {},
  debts: {},
};

/** What a sync was asked to do about one endpoint. */
export interface Ask {
  kind: PassKind;
  by: Asker;
  /** Every endpoint is asked for. */
  everything: boolean;
  /** It is asked for by name, or a change was reported that its delta shows. */
  named: boolean;
  /** A change was reported that only a full pass shows. */
  hidden: boolean;
  /** Do not wait for its pause: you asked, or the catch-up did. */
  urgent: boolean;
}

export interface Circumstances {
  now: Date;
  /** A webhook tries a failing read at most once in this time. */
  retryMs: number;
  /** At most one full pass in this time for changes that only a full pass shows. */
  fullRefreshMs: number;
  /** Why the endpoint is not chosen; undefined if it is chosen. */
  notChosen: Reason | undefined;
  /** Models that the tool does not offer, by Kombo's list. */
  unavailableModels: readonly string[];
  /** Another sync reads the integration in full, and what was never read, unless a webhook or you ask for it here. */
  besideFullSync: boolean;
  /** What this run already reads. At the end it reads again if more is owed. */
  busy: ReadonlySet<DebtKind>;
}

export type Decision =
  /** Read it now. */
  | { do: 'read'; kind: DebtKind; because: Because }
  /** Keep it as owed; `failure` says what it waits for. */
  | { do: 'owe'; kind: PassKind; dueAt: Date | null; failure: Failure | null }
  /** It was asked for, but cannot be read. */
  | { do: 'skip'; kind: PassKind; reason: Reason };

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * What a sync does about one endpoint. Deltas, full reads and sweeps are decided one by one, so a failing full read
 * does not stop deltas, and a failing delta does not stop full reads.
 */
export function decide(
  endpoint: EndpointDefinition,
  history: EndpointHistory,
  ask: Ask,
  circumstances: Circumstances,
): Decision[] {
  const asked = isAskedFor(ask);
  const kind = ask.hidden ? 'full' : ask.kind;
  const { notChosen } = circumstances;
  if (notChosen) {
    const skip: Decision[] = asked ? [{ do: 'skip', kind, reason: notChosen }] : [];
    // Changes until it is chosen again may leave no trace for a delta, so then it is read in full.
    const isToOwe = history.watermark !== null && !history.debts.full;
    return isToOwe ? [{ do: 'owe', kind: 'full', dueAt: null, failure: null }, ...skip] : skip;
  }
  const notOffered = whyNotOffered(endpoint, history, ask, circumstances);
  if (notOffered) {
    if (!asked) return [];
    const skip: Decision = { do: 'skip', kind, reason: notOffered };
    // If it was never read, nothing need be owed: it is read as soon as it can be.
    return history.watermark ? [{ do: 'owe', kind, dueAt: null, failure: null }, skip] : [skip];
  }
  if (ask.kind === 'full') return asked ? [{ do: 'read', kind: 'full', because: 'full-sync' }] : [];
  const full = decideFull(endpoint, history, ask, circumstances);
  const delta = decideDelta(endpoint, history, ask, circumstances);
  const readsFull = full?.do === 'read' || circumstances.busy.has('full');
  // A new listing replaces the one that waits for its sweep.
  const sweep = readsFull ? undefined : decideSweep(history, ask, circumstances);
  return [full, delta, sweep].filter((decision) => decision !== undefined);
}

export function isAskedFor(ask: Ask): boolean {
  return ask.everything || ask.named || ask.hidden;
}

function decideDelta(
  endpoint: EndpointDefinition,
  history: EndpointHistory,
  ask: Ask,
  circumstances: Circumstances,
): Decision | undefined {
  // A delta needs a watermark, or a full pass that has begun.
  const base = history.watermark ?? history.fullBegun;
  if (endpoint.delta === 'none' || !base) return undefined;
  const debt = history.debts.delta;
  const asked = ask.named || (ask.everything && !leaves(history, ask, circumstances));
  if (!asked && !isDue(debt, ask, circumstances)) return undefined;
  if (circumstances.busy.has('delta')) return undefined;
  if (debt?.failure && !mayTry(debt, ask, circumstances)) return later('delta', debt, ask);
  return { do: 'read', kind: 'delta', because: why(ask, asked, debt) };
}

function decideFull(
  endpoint: EndpointDefinition,
  history: EndpointHistory,
  ask: Ask,
  circumstances: Circumstances,
): Decision | undefined {
  const { now, fullRefreshMs, busy } = circumstances;
  const debt = history.debts.full;
  const because = whyFull(endpoint, history, ask, circumstances);
  const asked = because !== undefined;
  if (!asked && !isDue(debt, ask, circumstances)) return undefined;
  const running = history.reading.full;
  const lastFull = running?.at ?? history.lastFull;
  if (
    because === 'hidden-change' &&
    lastFull &&
    !(debt && !debt.failure && isDue(debt, ask, circumstances))
  ) {
    const dueAt = new Date(lastFull.getTime() + fullRefreshMs);
    if (dueAt > now) return { do: 'owe', kind: 'full', dueAt, failure: null };
  }
  if (busy.has('full')) return undefined;
  if (running && because !== 'hidden-change' && (!debt || running.seq >= debt.askedSeq)) return undefined;
  if (debt?.failure && !mayTry(debt, ask, circumstances)) return later('full', debt, ask);
  return { do: 'read', kind: 'full', because: because ?? why(ask, false, debt) };
}

/** Why an endpoint must be read in full, apart from debts. */
function whyFull(
  endpoint: EndpointDefinition,
  history: EndpointHistory,
  ask: Ask,
  circumstances: Circumstances,
): Because | undefined {
  const { now } = circumstances;
  const since = (moment: Date | null) => (moment ? now.getTime() - moment.getTime() : Infinity);
  // A delta may be owed from the time before Kombo showed that the endpoint has no delta.
  const asksForDelta = ask.named || ask.everything || isDue(history.debts.delta, ask, circumstances);
  if (ask.hidden || (endpoint.delta === 'none' && asksForDelta && history.watermark)) {
    return 'hidden-change';
  }
  if (!history.watermark) {
    // While the endpoint is listed for the first time, a delta from the start of the listing reads the news.
    if (history.fullBegun && history.reading.full) return undefined;
    return leaves(history, ask, circumstances) ? undefined : 'never-read';
  }
  // A deletion since then may have left no trace for a delta.
  if (since(history.watermark) > TOMBSTONE_LIFE_MS) return 'outage';
  // A filter that shows only new records is not enough, so the catch-up reads everything once a day.
  if (endpoint.delta !== 'updated_after' && ask.everything && since(history.lastFull) >= DAY_MS) {
    return 'no-filter';
  }
  return undefined;
}

function decideSweep(history: EndpointHistory, ask: Ask, circumstances: Circumstances): Decision | undefined {
  const debt = history.debts.sweep;
  if (!debt || circumstances.busy.has('sweep') || history.reading.full) return undefined;
  // The pass that listed everything sweeps afterwards. Only if that has failed, its pause counts.
  if (history.reading.sweep && !debt.failure) return undefined;
  if (!isDue(debt, ask, circumstances) && !(ask.urgent && isAskedFor(ask))) return undefined;
  return { do: 'read', kind: 'sweep', because: debt.failure ? 'retry' : 'owed' };
}

/** Whether an endpoint that was never read is left to the full sync that now reads the integration. */
function leaves(history: EndpointHistory, ask: Ask, { besideFullSync }: Circumstances): boolean {
  const isNews = ask.by === 'webhook' || ask.by === 'operator';
  return besideFullSync && !history.watermark && !(isNews && isAskedFor(ask));
}

/** Reads that fail together are tried together: a pause that is nearly over ends with that of another read. */
const NEARLY = 0.7;

/** Whether an owed read must be done now. */
function isDue(debt: Debt | undefined, { by }: Ask, { now }: Pick<Circumstances, 'now'>): boolean {
  if (!debt) return false;
  const { dueAt, failure } = debt;
  if (dueAt === null || dueAt <= now) return true;
  if (by !== 'timer' || !failure || failure.errorClass === 'EndpointDisabled') return false;
  const triedAt = failure.triedAt.getTime();
  return now.getTime() >= triedAt + NEARLY * (dueAt.getTime() - triedAt);
}

/**
 * Whether a failing read is tried. Timers wait for its pause. A webhook is news and tries it at once, but at most once
 * in RETRY_INTERVAL. You can always try it.
 */
function mayTry(debt: Debt, ask: Ask, circumstances: Circumstances): boolean {
  if (isDue(debt, ask, circumstances) || !debt.failure) return true;
  if (ask.urgent && isAskedFor(ask)) return true;
  const pausedMs = circumstances.now.getTime() - debt.failure.triedAt.getTime();
  return ask.by === 'webhook' && isAskedFor(ask) && pausedMs >= circumstances.retryMs;
}

function later(kind: PassKind, debt: Debt, ask: Ask): Decision | undefined {
  return isAskedFor(ask) ? { do: 'owe', kind, dueAt: debt.dueAt, failure: debt.failure } : undefined;
}

function why(ask: Ask, asked: boolean, debt: Debt | undefined): Because {
  if (debt?.failure && !(asked && ask.by === 'webhook')) return 'retry';
  if (!asked || ask.by === 'timer') return 'owed';
  return ask.by;
}

/** Why the tool does not offer an endpoint; undefined if it can be read. */
function whyNotOffered(
  endpoint: EndpointDefinition,
  history: EndpointHistory,
  ask: Ask,
  circumstances: Circumstances,
): Reason | undefined {
  if (!isOffered(endpoint, circumstances.unavailableModels)) {
    const message = `Kombo lists ${ownModel(endpoint)} as not available for this tool.`;
    return { code: 'MODEL_NOT_AVAILABLE', message };
  }
  const refused = refusalOf(history);
  if (!refused?.failure) return undefined;
  // A catch-up has no news, so it waits out the pause. A webhook does not wait, and a full sync reads everything.
  const tries =
    ask.kind === 'full' ||
    mayTry(refused, ask.by === 'catch-up' ? { ...ask, urgent: false } : ask, circumstances);
  return tries ? undefined : { code: refused.failure.code, message: refused.failure.message };
}

/** The debt whose failure says that the tool does not offer the endpoint. */
export function refusalOf({ debts }: Pick<EndpointHistory, 'debts'>): Debt | undefined {
  return Object.values(debts).find((debt) => debt.failure?.errorClass === 'EndpointDisabled');
}

/** Whether a read fails. An endpoint that the tool does not offer does not count. */
export function isFailing<D extends Pick<Debt, 'failure'>>(
  debt: D | undefined,
): debt is D & { failure: Failure } {
  return Boolean(debt?.failure) && debt?.failure?.errorClass !== 'EndpointDisabled';
}

/** Classes of errors that end for many reads at once. */
export const HEALING_CLASSES = classesThat((policy) => policy.healsTogether);
