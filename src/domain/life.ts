/**
 * The life of an integration, by what `GET /integrations/{id}` says of it: https://docs.kombo.dev/hris/guides/integration-states
 * Values that this version does not know change nothing: reading will tell.
 */

export const INTEGRATION_STATUSES = ['active', 'paused', 'parked', 'removed'] as const;
export type IntegrationStatus = (typeof INTEGRATION_STATUSES)[number];

/** Why an integration is not read, in words for the operator. */
export interface Parked {
  code: string;
  message: string;
  /** It does not pass by itself. */
  needsAttention: boolean;
}

interface KomboState {
  /** ACTIVE, INVALID, INACTIVE. */
  status: string | null;
  /** INCOMPLETE, FINAL_SYNC_PENDING, COMPLETED. */
  setupStatus: string | null;
}

/** Codes under which an integration is removed. Only a 404 may have been a mistake, as with a key of another environment. */
export const REMOVED = {
  /** A webhook told of the deletion. */
  deleted: 'Deleted',
  /** Kombo does not know it (any more). */
  unknown: 'PLATFORM.INTEGRATION_NOT_FOUND',
  /** An operator removed it here. */
  byHand: 'RemovedByHand',
} as const;

/** Code under which an integration is parked: a webhook told of its deletion, and Kombo shows it as one that can be read. */
const DELETION_DOUBTED = 'DeletionDoubted';
/** Kombo is asked for so long which of both is right. */
const DOUBT_MS = 24 * 60 * 60 * 1000;

interface ParkedWords {
  what: string;
  remedy: string;
  needsAttention: boolean;
}

const CONTINUES = 'It continues here by itself.';

const LOGIN: ParkedWords = {
  what: "The tool refuses Kombo's credentials.",
  remedy: `Have the customer connect it again, by a new link from Kombo. ${CONTINUES}`,
  needsAttention: true,
};
const INACTIVE: ParkedWords = {
  what: 'It is switched off in Kombo.',
  remedy: `Switch it on in the Kombo dashboard. ${CONTINUES}`,
  needsAttention: true,
};
const SETUP: ParkedWords = {
  what: 'Its setup is not finished.',
  remedy: `Finish it in the Kombo dashboard. ${CONTINUES}`,
  needsAttention: true,
};
const FIRST_SYNC: ParkedWords = {
  what: "Kombo's first sync is running, which can take hours.",
  remedy: `Nothing to do. ${CONTINUES}`,
  needsAttention: false,
};
const OTHER: ParkedWords = {
  what: "Kombo's check of the connection has failed.",
  remedy: `Look at it in the Kombo dashboard. ${CONTINUES}`,
  needsAttention: true,
};

const DOUBTED: ParkedWords = {
  what: 'A webhook says that it was deleted, but Kombo shows it as active.',
  remedy:
    'Kombo is asked for a day; then its answer counts. To read it at once: kombo-sync integrations add <id> --force',
  needsAttention: false,
};

/** By our codes for Kombo's states, and by the codes with which Kombo refuses a read. They are looked up by text from outside. */
const PARKED_WORDS: ReadonlyMap<string, ParkedWords> = new Map([
  ['INVALID', LOGIN],
  ['INTEGRATION.AUTHENTICATION_INVALID', LOGIN],
  ['INACTIVE', INACTIVE],
  ['INTEGRATION.INACTIVE', INACTIVE],
  ['SETUP_INCOMPLETE', SETUP],
  ['INTEGRATION.SETUP_INCOMPLETE', SETUP],
  ['SETUP_SYNC_PENDING', FIRST_SYNC],
  ['INTEGRATION.SETUP_SYNC_PENDING', FIRST_SYNC],
  ['INTEGRATION.QA_FAILED', OTHER],
  [DELETION_DOUBTED, DOUBTED],
]);

/** Why an integration is parked under a code, and what to do. `what` stands in for a code that this version does not know. */
export function parkedWords(code: string | null, what: string): ParkedWords {
  return PARKED_WORDS.get(code ?? '') ?? { ...OTHER, what };
}

/** The same as it is kept. */
export function parkedBy(code: string, what = code): Parked {
  const words = parkedWords(code, what);
  return { code, message: `${words.what} ${words.remedy}`, needsAttention: words.needsAttention };
}

const CODE_BY_STATUS: ReadonlyMap<string, string> = new Map([
  ['INVALID', 'INVALID'],
  ['INACTIVE', 'INACTIVE'],
]);

const CODE_BY_SETUP: ReadonlyMap<string, string> = new Map([
  ['INCOMPLETE', 'SETUP_INCOMPLETE'],
  ['FINAL_SYNC_PENDING', 'SETUP_SYNC_PENDING'],
]);

/** Why an integration in that state cannot be read, or undefined when it can. */
export function whyParked(state: KomboState): Parked | undefined {
  const code = CODE_BY_STATUS.get(state.status ?? '') ?? CODE_BY_SETUP.get(state.setupStatus ?? '');
  return code === undefined ? undefined : parkedBy(code);
}

/** Codes that `GET /integrations/{id}` parks an integration with. */
export const SAID_WHEN_ASKED: readonly string[] = [
  ...CODE_BY_STATUS.values(),
  ...CODE_BY_SETUP.values(),
  DELETION_DOUBTED,
];

/** Whether a read was refused with it: then only a read can show that it has passed, as with `INTEGRATION.QA_FAILED`. */
export function isSaidByReads(code: string | null): boolean {
  return code !== null && !SAID_WHEN_ASKED.includes(code);
}

/** An integration as Kombo has shown it. */
export interface Seen {
  state: string | null;
  setupStatus: string | null;
  /** When the connection was made. */
  createdAt: Date | null;
  /** Set while its data are stale because filters or scope changed. */
  dataExpiredAt: Date | null;
}

/**
 * Whether anything may have changed without a trace since Kombo was asked last: it could not be read and now it can, its data
 * were stale and are fresh again, or it is another connection with the same id. Whether it is paused here does not matter.
 */
export function mayHaveMissed(before: Seen, now: Seen): boolean {
  const isFresh = before.dataExpiredAt !== null && now.dataExpiredAt === null;
  return isOtherConnection(before, now) || isFresh || (isParked(before) && !isParked(now));
}

/** Whether it was connected anew, with the same id. */
function isOtherConnection(before: Life, now: Life): boolean {
  return before.createdAt !== null && now.createdAt !== null && now.createdAt > before.createdAt;
}

function isParked({ state, setupStatus }: Seen): boolean {
  return whyParked({ status: state, setupStatus }) !== undefined;
}

interface Life {
  /** When the connection was made, by Kombo. */
  createdAt: Date | null;
}

/**
 * Whether a deletion is that of the connection which Kombo shows now. Kombo goes on answering for a while after a deletion;
 * and a webhook that comes late, or again, may tell of an earlier connection with the same id.
 */
export function isDeletionOf(deletedAt: Date, life: Life): boolean {
  return life.createdAt === null || deletedAt >= life.createdAt;
}

/** Whether a removed integration that Kombo shows is back: a new connection, or one whose removal was a mistake. */
export function isBack(removed: { code: string | null; at: Date | null }, life: Life): boolean {
  if (removed.code !== REMOVED.deleted && removed.code !== REMOVED.byHand) return true;
  return removed.at !== null && life.createdAt !== null && life.createdAt > removed.at;
}

/** What is known here of an integration that Kombo shows. */
export interface KnownLife extends Seen {
  status: IntegrationStatus;
  statusCode: string | null;
  statusSince: Date;
  removedAt: Date | null;
  /** Since when it is known here. */
  knownSince: Date;
  /** Deletions up to then have turned out to be none, or you have overruled them. */
  deletionsVoidUpTo: Date | null;
}

/** What is asked of a judgement, and by whom. */
interface Question {
  now: Date;
  /** When a webhook says that it was deleted. */
  deletedAt?: Date | undefined;
  /** You add it. */
  byHand?: boolean;
  /** You say that it was not deleted, though a webhook or a 404 has said so. */
  force?: boolean;
}

/** What follows from Kombo's showing an integration. */
type Judgement =
  /** The deletion that a webhook told of is that of the connection which Kombo shows, and cannot be read any more. */
  | { case: 'deleted'; at: Date }
  /** It was removed, and what Kombo shows is no reason to bring it back. */
  | { case: 'still-removed' }
  /** Kombo shows a connection that can be read: it is not read, and Kombo is asked again. */
  | { case: 'doubted'; parked: Parked }
  | {
      case: 'there';
      /** It was removed and is back. */
      revive: boolean;
      /** The removal was a mistake: what was paused before it is paused again. */
      keepPause: boolean;
      /** Why it cannot be read. */
      parked: Parked | undefined;
      /** It was parked, and Kombo says that it can be read. */
      unpark: boolean;
      /** Anything may have changed without a trace: everything is to be read in full. */
      missed: boolean;
      /** Only reads were refused: what was read in full since then has it all. */
      onlyRefused: boolean;
    };

/**
 * Judges what Kombo shows against what is known. You bring a removed integration back by adding it; one that was deleted in
 * Kombo only when you say that it was not.
 */
export function judgeSighting(known: KnownLife | undefined, found: Seen, question: Question): Judgement {
  const { byHand = false, force = false, deletedAt, now } = question;
  const removed = known?.status === 'removed' ? { code: known.statusCode, at: known.removedAt } : undefined;
  if (removed && !force && !(byHand ? canBeAdded(removed, found) : isBack(removed, found))) {
    return { case: 'still-removed' };
  }
  const parked = whyParked({ status: found.state, setupStatus: found.setupStatus });
  if (deletedAt && !force && !isVoid(deletedAt, known) && isDeletionOf(deletedAt, found)) {
    const at = known && known.knownSince > deletedAt ? known.knownSince : deletedAt;
    // A 404 has said the same before.
    if (parked || removed) return { case: 'deleted', at };
    if (isDoubted(known, now)) return { case: 'doubted', parked: parkedBy(DELETION_DOUBTED) };
  }
  const wasParked = known?.status === 'parked';
  const wasRefused = wasParked && !parked && isSaidByReads(known.statusCode);
  const changed = known !== undefined && (removed !== undefined || mayHaveMissed(known, found));
  return {
    case: 'there',
    revive: removed !== undefined,
    keepPause: removed?.code === REMOVED.unknown && !byHand && !isOtherConnection(known!, found),
    parked,
    unpark: wasParked && !parked && !wasRefused,
    missed: changed || (wasParked && !parked),
    onlyRefused: wasRefused && !changed,
  };
}

function isVoid(deletedAt: Date, known: KnownLife | undefined): boolean {
  const upTo = known?.deletionsVoidUpTo ?? null;
  return upTo !== null && deletedAt <= upTo;
}

/** From the first look on that has contradicted the webhook. */
function isDoubted(known: KnownLife | undefined, now: Date): boolean {
  if (known?.status !== 'parked' || known.statusCode !== DELETION_DOUBTED) return true;
  return now.getTime() - known.statusSince.getTime() < DOUBT_MS;
}

function canBeAdded(removed: { code: string | null; at: Date | null }, found: Life): boolean {
  return removed.code !== REMOVED.deleted || removed.at === null || !isDeletionOf(removed.at, found);
}
