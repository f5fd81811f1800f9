/**
 * The life of an integration, by the answer of `GET /integrations/{id}`:
 * https://docs.kombo.dev/hris/guides/integration-states Values that this version does not know change nothing: reads
 * show what they mean.
 */

export const INTEGRATION_STATUSES = ['active', 'paused', 'parked', 'removed'] as const;
export type IntegrationStatus = (typeof INTEGRATION_STATUSES)[number];

/** Why an integration is not read, in words for you. */
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

/** Codes of removed integrations. Only a 404 can be a mistake, for example with a key of another environment. */
export const REMOVED = {
  /** A webhook reported the deletion. */
  deleted: 'Deleted',
  /** Kombo does not know it, or no longer. */
  unknown: 'PLATFORM.INTEGRATION_NOT_FOUND',
  /** You removed it here. */
  byHand: 'RemovedByHand',
} as const;

/** Code of a parked integration: a webhook reported its deletion, but Kombo shows that it can be read. */
const DELETION_DOUBTED = 'DeletionDoubted';
/** For this long, look-ups find out which of the two is right. */
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

/** By our codes for Kombo's states and Kombo's codes for refused reads. A Map, since the codes are from outside. */
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

/** Why an integration is parked with a code, and what to do. `what` explains a code that this version does not know. */
export function parkedWords(code: string | null, what: string): ParkedWords {
  return PARKED_WORDS.get(code ?? '') ?? { ...OTHER, what };
}

/** The same in the form that is stored. */
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

/** Why an integration in this state cannot be read; undefined if it can. */
export function whyParked(state: KomboState): Parked | undefined {
  const code = CODE_BY_STATUS.get(state.status ?? '') ?? CODE_BY_SETUP.get(state.setupStatus ?? '');
  return code === undefined ? undefined : parkedBy(code);
}

/** Codes with which a look-up parks an integration. */
export const SAID_WHEN_ASKED: readonly string[] = [
  ...CODE_BY_STATUS.values(),
  ...CODE_BY_SETUP.values(),
  DELETION_DOUBTED,
];

/** Whether only refused reads have the code, like `INTEGRATION.QA_FAILED`. Then only a read can show that it passed. */
export function isSaidByReads(code: string | null): boolean {
  return code !== null && !SAID_WHEN_ASKED.includes(code);
}

/** An integration as Kombo shows it. */
export interface Seen {
  state: string | null;
  setupStatus: string | null;
  /** When the connection was made. */
  createdAt: Date | null;
  /** Set while its data is stale because filters or scope changed. */
  dataExpiredAt: Date | null;
}

/**
 * Whether data may have changed without a trace since the last look-up: the integration could not be read and now can,
 * its data was stale and is fresh again, or it is another connection with the same id. A pause here does not matter.
 */
export function mayHaveMissed(before: Seen, now: Seen): boolean {
  const isFresh = before.dataExpiredAt !== null && now.dataExpiredAt === null;
  return isOtherConnection(before, now) || isFresh || (isParked(before) && !isParked(now));
}

/** Whether it was connected again, with the same id. */
function isOtherConnection(before: Life, now: Life): boolean {
  return before.createdAt !== null && now.createdAt !== null && now.createdAt > before.createdAt;
}

function isParked({ state, setupStatus }: Seen): boolean {
  return whyParked({ status: state, setupStatus }) !== undefined;
}

interface Life {
  /** When the connection was made, by Kombo's clock. */
  createdAt: Date | null;
}

/**
 * Whether a deletion concerns the connection that Kombo shows now. After a deletion, Kombo still answers for a while;
 * and a late or repeated webhook may report the deletion of an earlier connection with the same id.
 */
export function isDeletionOf(deletedAt: Date, life: Life): boolean {
  return life.createdAt === null || deletedAt >= life.createdAt;
}

/** Whether a removed integration that Kombo shows is back: a new connection, or the removal was a mistake. */
export function isBack(removed: { code: string | null; at: Date | null }, life: Life): boolean {
  if (removed.code !== REMOVED.deleted && removed.code !== REMOVED.byHand) return true;
  return removed.at !== null && life.createdAt !== null && life.createdAt > removed.at;
}

/** What kombo-sync knows about an integration that Kombo shows. */
export interface KnownLife extends Seen {
  status: IntegrationStatus;
  statusCode: string | null;
  statusSince: Date;
  removedAt: Date | null;
  /** Since when kombo-sync knows it. */
  knownSince: Date;
  /** Deletions up to then were mistakes, or you have overruled them. */
  deletionsVoidUpTo: Date | null;
}

/** The circumstances of a look-up. */
interface Question {
  now: Date;
  /** When it was deleted, if a webhook says so. */
  deletedAt?: Date | undefined;
  /** You add the integration. */
  byHand?: boolean;
  /** You say that it was not deleted, although a webhook or a 404 says so. */
  force?: boolean;
}

/** What follows when Kombo shows an integration. */
type Judgement =
  /** A webhook reported the deletion of the connection that Kombo shows, and it can no longer be read. */
  | { case: 'deleted'; at: Date }
  /** It was removed, and Kombo's answer is no reason to bring it back. */
  | { case: 'still-removed' }
  /** A webhook reported its deletion, but Kombo shows that it can be read: it is not read, and look-ups continue. */
  | { case: 'doubted'; parked: Parked }
  | {
      case: 'there';
      /** It was removed and is back. */
      revive: boolean;
      /** The removal was a mistake: an integration that was paused before is paused again. */
      keepPause: boolean;
      /** Why it cannot be read. */
      parked: Parked | undefined;
      /** It was parked, and Kombo says that it can be read again. */
      unpark: boolean;
      /** Data may have changed without a trace: everything must be read in full. */
      missed: boolean;
      /** Only reads were refused: an endpoint that was read in full since then has all changes. */
      onlyRefused: boolean;
    };

/**
 * Compares what Kombo shows with what is known. You bring back a removed integration by adding it; if it was deleted in
 * Kombo, only with `force`.
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
    // If it was removed by a 404, that confirms the deletion.
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

/** For a day from the first look-up that contradicted the webhook. */
function isDoubted(known: KnownLife | undefined, now: Date): boolean {
  if (known?.status !== 'parked' || known.statusCode !== DELETION_DOUBTED) return true;
  return now.getTime() - known.statusSince.getTime() < DOUBT_MS;
}

function canBeAdded(removed: { code: string | null; at: Date | null }, found: Life): boolean {
  return removed.code !== REMOVED.deleted || removed.at === null || !isDeletionOf(removed.at, found);
}
