import { type Because, type DebtKind, type PassKind, type Reason } from './reads.ts';
import { isOffered, ownModel, type EndpointDefinition } from './catalogue/index.ts';
import { classesThat, type ErrorClass } from './errors.ts';
import { TOMBSTONE_LIFE_MS } from './window.ts';

/** Who or what asks for a sync. A webhook or you bring news; the others look by themselves. */
const ASKERS = ['webhook', 'operator', 'catch-up', 'full-sync', 'timer'] as const;
export type Asker = (typeof ASKERS)[number];

/** Why and since when a read fails. */
export interface Failure extends Reason {
  errorClass: ErrorClass;
  /** Failures in a row. */
  failures: number;
  since: Date;
  triedAt: Date;
  /** Trying again has not helped, or cannot. */
  needsAttention: boolean;
  /** No timer waits for the next try. */
  givenUp: boolean;
}

/** A read that is owed. */
export interface Debt {
  /** What was told of since then may not have been read. */
  since: Date;
  /** When it was asked for last, as a number of a sequence: only a pass that begins later pays it. */
  askedSeq: number;
  /** It is not read by itself before this; null reads it now. */
  dueAt: Date | null;
  failure: Failure | null;
}

/** The start of a pass. */
export interface Begun {
  at: Date;
  /** A number of the sequence by which debts are told to be older or newer. */
  seq: number;
}

/** What is known of an endpoint before a sync. */
export interface EndpointHistory {
  /** Start of the newest completed pass. */
  watermark: Date | null;
  /** Start of the newest completed pass without a window. */
  lastFull: Date | null;
  /** Start of a full pass that is under way, or has failed and can be resumed: it lists everything up to then. */
  fullBegun: Date | null;
  /** Passes that are being read or swept now, by any sync. */
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

/** What a sync was asked for, as far as one endpoint is concerned. */
export interface Ask {
  kind: PassKind;
  by: Asker;
  /** Every endpoint is asked for. */
  everything: boolean;
  /** A change that its delta shows is told of, or it is asked for by name. */
  named: boolean;
  /** A change is told of that only a full pass shows. */
  hidden: boolean;
  /** Whether its pause is not waited for, as you have asked or the catch-up does. */
  urgent: boolean;
}

export interface Circumstances {
  now: Date;
  /** A failing read is tried for a webhook at most once in this time. */
  retryMs: number;
  /** At most one full pass in this time because of a change that only a full pass shows. */
  fullRefreshMs: number;
  /** Why Kombo is not to be asked for it at all: you have not chosen it. Undefined when you have. */
  notChosen: Reason | undefined;
  /** Models that the tool does not offer, by Kombo's list. */
  unavailableModels: readonly string[];
  /** Another sync reads the integration in full: what was never read is left to that one, unless it is asked for. */
  besideFullSync: boolean;
  /** What this run is reading already: it reads again by itself when more is owed at the end. */
  busy: ReadonlySet<DebtKind>;
}

export type Decision =
  /** Read it now. */
  | { do: 'read'; kind: DebtKind; because: Because }
  /** Keep it for later; `failure` says what it waits for. */
  | { do: 'owe'; kind: PassKind; dueAt: Date | null; failure: Failure | null }
  /** It is asked for and cannot be read. */
  | { do: 'skip'; kind: PassKind; reason: Reason };

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * What a sync does about one endpoint. To read what has changed, to read everything and to sweep are decided one by one: a
 * full pass that fails keeps no delta from being read, and the other way round.
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
    // What happens meanwhile may leave no trace that a delta could show, so once it is chosen again it is read in full.
    const isToOwe = history.watermark !== null && !history.debts.full;
    return isToOwe ? [{ do: 'owe', kind: 'full', dueAt: null, failure: null }, ...skip] : skip;
  }
  const notOffered = whyNotOffered(endpoint, history, ask, circumstances);
  if (notOffered) {
    if (!asked) return [];
    const skip: Decision = { do: 'skip', kind, reason: notOffered };
    // What was never read is read as soon as it can be, without being owed.
    return history.watermark ? [{ do: 'owe', kind, dueAt: null, failure: null }, skip] : [skip];
  }
  if (ask.kind === 'full') return asked ? [{ do: 'read', kind: 'full', because: 'full-sync' }] : [];
  const full = decideFull(endpoint, history, ask, circumstances);
  const delta = decideDelta(endpoint, history, ask, circumstances);
  const readsFull = full?.do === 'read' || circumstances.busy.has('full');
  // A listing that is about to be made again replaces the one that is to be swept.
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
  // Where nothing was ever read, there is nothing to build on before a full pass has begun.
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

/** Why an endpoint is to be read in full, beside what is owed. */
function whyFull(
  endpoint: EndpointDefinition,
  history: EndpointHistory,
  ask: Ask,
  circumstances: Circumstances,
): Because | undefined {
  const { now } = circumstances;
  const since = (moment: Date | null) => (moment ? now.getTime() - moment.getTime() : Infinity);
  // A delta may be owed from before Kombo has shown that there is none.
  const asksForDelta = ask.named || ask.everything || isDue(history.debts.delta, ask, circumstances);
  if (ask.hidden || (endpoint.delta === 'none' && asksForDelta && history.watermark)) {
    return 'hidden-change';
  }
  if (!history.watermark) {
    // News of an endpoint that is being listed for the first time is read by a delta from the beginning of that.
    if (history.fullBegun && history.reading.full) return undefined;
    return leaves(history, ask, circumstances) ? undefined : 'never-read';
  }
  // What was deleted so long ago may have left no trace that a delta could show.
  if (since(history.watermark) > TOMBSTONE_LIFE_MS) return 'outage';
  // A filter that shows only new records needs a whole look now and then; a daily one rides on the catch-up.
  if (endpoint.delta !== 'updated_after' && ask.everything && since(history.lastFull) >= DAY_MS) {
    return 'no-filter';
  }
  return undefined;
}

function decideSweep(history: EndpointHistory, ask: Ask, circumstances: Circumstances): Decision | undefined {
  const debt = history.debts.sweep;
  if (!debt || circumstances.busy.has('sweep') || history.reading.full) return undefined;
  // The pass that has listed everything goes on to sweep by itself; once that has failed, its pause counts.
  if (history.reading.sweep && !debt.failure) return undefined;
  if (!isDue(debt, ask, circumstances) && !(ask.urgent && isAskedFor(ask))) return undefined;
  return { do: 'read', kind: 'sweep', because: debt.failure ? 'retry' : 'owed' };
}

/** Whether an endpoint that was never read is left to the full sync that reads the integration just now. */
function leaves(history: EndpointHistory, ask: Ask, { besideFullSync }: Circumstances): boolean {
  const isNews = ask.by === 'webhook' || ask.by === 'operator';
  return besideFullSync && !history.watermark && !(isNews && isAskedFor(ask));
}

/** What fails together is tried together: a pause that is nearly over ends with that of another read. */
const NEARLY = 0.7;

/** Whether a read that is owed is to be done now. */
function isDue(debt: Debt | undefined, { by }: Ask, { now }: Pick<Circumstances, 'now'>): boolean {
  if (!debt) return false;
  const { dueAt, failure } = debt;
  if (dueAt === null || dueAt <= now) return true;
  if (by !== 'timer' || !failure || failure.errorClass === 'EndpointDisabled') return false;
  const triedAt = failure.triedAt.getTime();
  return now.getTime() >= triedAt + NEARLY * (dueAt.getTime() - triedAt);
}

/**
 * Whether a failing read is tried. Its pause holds for what looks by itself; a webhook is news and tries it at once, but not
 * more often than once in RETRY_INTERVAL; you can always try it.
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

/** Why the tool does not offer an endpoint; undefined when it may be read. */
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
  // The catch-up looks by itself, so it waits the day out; news does not, and a full sync leaves nothing out.
  const tries =
    ask.kind === 'full' ||
    mayTry(refused, ask.by === 'catch-up' ? { ...ask, urgent: false } : ask, circumstances);
  return tries ? undefined : { code: refused.failure.code, message: refused.failure.message };
}

/** The answer by which the tool has said that it does not offer an endpoint. */
export function refusalOf({ debts }: Pick<EndpointHistory, 'debts'>): Debt | undefined {
  return Object.values(debts).find((debt) => debt.failure?.errorClass === 'EndpointDisabled');
}

/** Whether a failure counts as one: what the tool does not offer has not failed. */
export function isFailing<D extends Pick<Debt, 'failure'>>(
  debt: D | undefined,
): debt is D & { failure: Failure } {
  return Boolean(debt?.failure) && debt?.failure?.errorClass !== 'EndpointDisabled';
}

/** What healed together heals together: whether an error is of a kind that ends for many reads at once. */
export const HEALING_CLASSES = classesThat((policy) => policy.healsTogether);
