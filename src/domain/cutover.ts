import type { NotChosen } from './choice.ts';
import { shellWord } from './text.ts';
import type { DriftVerdict } from './counts.ts';
import { isoTime } from './duration.ts';
import type { IntegrationStatus } from './life.ts';

/**
 * Whether you can switch off the legacy webhooks (`sync-finished`, `remote-event-received`). Only what has happened
 * counts, never what should have: https://docs.kombo.dev/ats/guides/data-changed-migration
 */
export const VERDICTS = ['ready', 'wait', 'blocked'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** The checks behind the verdict. */
export const CUTOVER_CHECKS = [
  'state',
  'evidence',
  'full',
  'delta',
  'drift',
  'schedule',
  'endpoints',
] as const;

export interface CutoverCheck {
  name: (typeof CUTOVER_CHECKS)[number];
  verdict: Verdict;
  message: string;
  /** What to do next; null if there is nothing to do. */
  remedy: string | null;
}

/** A sync for a legacy webhook that found a change, or that came just after data-changed had brought one. */
export interface LegacySync {
  syncId: string;
  at: Date;
  /** A data-changed reported the same changes. */
  confirmed: boolean;
}

export interface EndpointFacts {
  endpoint: string;
  lastFull: Date | null;
  watermark: Date | null;
  failure: { message: string; needsAttention: boolean } | null;
  /** The drift verdict of the newest full pass; null if there was nothing to compare with. */
  drift: DriftVerdict | null;
}

export interface CutoverFacts {
  integrationId: string;
  category: string;
  status: IntegrationStatus;
  statusReason: string | null;
  /** Newest first, at most as many as the caller needs. */
  legacySyncs: LegacySync[];
  /** When the last webhook of each kind came. */
  lastLegacyAt: Date | null;
  lastDataChangedAt: Date | null;
  /** When the newest legacy webhook came whose sync read something, with or without changes. */
  lastLegacySyncAt: Date | null;
  /** Endpoints that are read and that the tool offers. */
  endpoints: EndpointFacts[];
  /** Endpoints that you have not chosen. They do not block. */
  notChosen: NotChosen[];
  /** Undefined if Temporal does not answer; null if there is none. */
  schedule: { paused: boolean; nextRun: Date | null } | null | undefined;
}

interface CutoverOptions {
  now: Date;
  /** A data-changed may come this much later than the sync-finished of the same sync at Kombo. */
  graceMs: number;
  /** For how long one data-changed shows that such webhooks come. */
  evidenceMs: number;
  /** A delta is fresh if it is not older than this. */
  freshMs: number;
}

export interface IntegrationCutover {
  integrationId: string;
  /** Endpoints that you have not chosen. They do not block. */
  notChosen: NotChosen[];
  verdict: Verdict;
  checks: CutoverCheck[];
}

export function judgeCutover(facts: CutoverFacts, options: CutoverOptions): IntegrationCutover {
  const checks = [
    judgeState(facts),
    judgeEvidence(facts, options),
    judgeFull(facts),
    judgeDelta(facts, options),
    judgeDrift(facts),
    judgeSchedule(facts, options),
    judgeEndpoints(facts),
  ];
  const { integrationId, notChosen } = facts;
  return { integrationId, notChosen, verdict: worst(checks.map(({ verdict }) => verdict)), checks };
}

/** `blocked` outranks `wait`, and `wait` outranks `ready`. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('blocked')) return 'blocked';
  return verdicts.includes('wait') ? 'wait' : 'ready';
}

const ready = (name: CutoverCheck['name'], message: string): CutoverCheck => ({
  name,
  verdict: 'ready',
  message,
  remedy: null,
});

const not = (
  verdict: 'wait' | 'blocked',
  name: CutoverCheck['name'],
  message: string,
  remedy: string,
): CutoverCheck => ({ name, verdict, message, remedy });

function judgeState({ integrationId, status, statusReason }: CutoverFacts): CutoverCheck {
  if (status === 'active') return ready('state', 'It is active.');
  const remedy =
    status === 'paused'
      ? `kombo-sync integrations resume ${shellWord(integrationId)}`
      : 'Do what the reason says; kombo-sync then continues by itself.';
  return not('blocked', 'state', `It is ${status}: ${statusReason ?? 'no reason given'}`, remedy);
}

/** Kombo sends no data-changed for this category. */
const NO_DATA_CHANGED = 'ASSESSMENT';

/** data-changed must also have reported what each of the last syncs after a legacy webhook found. */
function judgeEvidence(facts: CutoverFacts, options: CutoverOptions): CutoverCheck {
  const { now, graceMs } = options;
  const { category, legacySyncs, lastLegacyAt, lastDataChangedAt } = facts;
  if (category === NO_DATA_CHANGED)
    return ready('evidence', 'Its orders come by webhooks of their own, which stay as they are.');
  const untold = legacySyncs.filter(({ confirmed }) => !confirmed);
  const late = untold.filter(({ at }) => now.getTime() - at.getTime() > graceMs);
  if (late.length > 0) {
    return not(
      'blocked',
      'evidence',
      `${late.length} of the last ${legacySyncs.length} syncs after a legacy webhook found changes that no data-changed reported, last at ${isoTime(late[0]!.at)}.`,
      'In the Kombo dashboard, subscribe the webhook to data-changed and let it point here. Then wait for the next changes.',
    );
  }
  if (untold.length > 0) {
    return not(
      'wait',
      'evidence',
      `A legacy webhook brought changes at ${isoTime(untold[0]!.at)}, and data-changed has not reported them yet.`,
      'Look again in a few minutes.',
    );
  }
  if (lastDataChangedAt !== null && (legacySyncs.length > 0 || lastLegacyAt === null)) {
    const stale = judgeAge(lastDataChangedAt, facts, options);
    if (stale) return stale;
  }
  if (legacySyncs.length > 0) {
    const count = legacySyncs.length;
    return ready(
      'evidence',
      `data-changed reported each of the last ${count} changes that a legacy webhook brought.`,
    );
  }
  if (lastDataChangedAt === null) {
    return not(
      'wait',
      'evidence',
      'No data-changed has come yet.',
      'Change a record in the tool, or wait. If none comes, subscribe the webhook to data-changed in the Kombo dashboard.',
    );
  }
  if (lastLegacyAt === null) {
    return ready(
      'evidence',
      `data-changed comes, last at ${isoTime(lastDataChangedAt)}, and no legacy webhook does.`,
    );
  }
  return not(
    'wait',
    'evidence',
    'No legacy webhook has brought a change yet, so nothing shows that data-changed reports all of them.',
    'Change a record in the tool, or wait for the next change.',
  );
}

/**
 * Evidence gets old: the webhook may have been unsubscribed since. So data-changed must have come lately, or it must be
 * known that there was nothing to report. As long as legacy webhooks come and start syncs, a change without
 * data-changed is found, and blocks. Then a quiet integration is ready, even if its last data-changed is old.
 */
function judgeAge(
  lastDataChangedAt: Date,
  { lastLegacySyncAt }: CutoverFacts,
  { now, evidenceMs }: CutoverOptions,
): CutoverCheck | undefined {
  const oldest = now.getTime() - evidenceMs;
  if ([lastDataChangedAt, lastLegacySyncAt].some((at) => at !== null && at.getTime() >= oldest))
    return undefined;
  return not(
    'wait',
    'evidence',
    `The last data-changed came at ${isoTime(lastDataChangedAt)}, and no sync after a legacy webhook has looked for changes lately, so nothing shows that data-changed still comes.`,
    'Change a record in the tool, or wait for the next change. If no data-changed comes then, subscribe the webhook to data-changed in the Kombo dashboard.',
  );
}

function judgeFull({ integrationId, endpoints, notChosen }: CutoverFacts): CutoverCheck {
  const unread = endpoints.filter(({ lastFull }) => lastFull === null);
  if (unread.length === 0) {
    const rest = notChosen.length > 0 ? ` Not chosen, so not read: ${names(notChosen)}.` : '';
    return ready('full', `Each of ${endpoints.length} endpoints was read in full.${rest}`);
  }
  return not(
    'wait',
    'full',
    `Never read in full: ${names(unread)}.`,
    `kombo-sync sync full ${shellWord(integrationId)} --wait`,
  );
}

function judgeDelta({ integrationId, endpoints }: CutoverFacts, options: CutoverOptions): CutoverCheck {
  const oldest = options.now.getTime() - options.freshMs;
  const stale = endpoints.filter(({ watermark }) => watermark === null || watermark.getTime() < oldest);
  if (stale.length === 0) return ready('delta', 'Each endpoint is fresh.');
  return not(
    'wait',
    'delta',
    `Not fresh: ${names(stale)}.`,
    `kombo-sync sync now ${shellWord(integrationId)}`,
  );
}

function judgeDrift({ integrationId, endpoints }: CutoverFacts): CutoverCheck {
  const drifted = endpoints.filter(({ drift }) => drift === 'unexpected');
  if (drifted.length > 0) {
    return not(
      'blocked',
      'drift',
      `The last full sync had to repair what a webhook should have brought: ${names(drifted)}.`,
      `kombo-sync drift ${shellWord(integrationId)} shows it. Then run kombo-sync sync full ${shellWord(integrationId)} --wait: this check passes if it finds no new drift.`,
    );
  }
  const explained = endpoints.some(({ drift }) => drift === 'expected');
  return ready(
    'drift',
    explained
      ? 'The last full sync repaired only what no delta can show.'
      : 'The last full sync found no drift.',
  );
}

function judgeSchedule({ integrationId, schedule }: CutoverFacts, { now }: CutoverOptions): CutoverCheck {
  if (schedule === undefined) {
    return not('wait', 'schedule', 'Temporal does not answer.', 'kombo-sync doctor');
  }
  if (schedule === null) {
    return not('blocked', 'schedule', 'It has no schedule for the weekly full sync.', 'kombo-sync setup');
  }
  if (schedule.paused) {
    const remedy = `temporal schedule toggle --unpause --schedule-id full-sync/${integrationId}`;
    return not('blocked', 'schedule', 'The schedule of the weekly full sync is paused.', remedy);
  }
  if (schedule.nextRun === null || schedule.nextRun < now) {
    return not('blocked', 'schedule', 'The schedule has no next run.', 'kombo-sync setup');
  }
  return ready('schedule', `The next full sync runs at ${isoTime(schedule.nextRun)}.`);
}

function judgeEndpoints({ integrationId, endpoints }: CutoverFacts): CutoverCheck {
  const failing = endpoints.filter(({ failure }) => failure !== null);
  if (failing.length === 0) return ready('endpoints', 'No endpoint fails.');
  const stuck = failing.filter(({ failure }) => failure!.needsAttention);
  if (stuck.length > 0) {
    const message = `${names(stuck)} cannot be read: ${stuck[0]!.failure!.message}`;
    return not(
      'blocked',
      'endpoints',
      message,
      `kombo-sync status ${shellWord(integrationId)} says what to do.`,
    );
  }
  const message = `${names(failing)} failed and is tried again: ${failing[0]!.failure!.message}`;
  return not('wait', 'endpoints', message, 'Look again when it has been tried.');
}

function names(endpoints: readonly { endpoint: string }[]): string {
  const shown = endpoints.slice(0, 5).map(({ endpoint }) => endpoint);
  return endpoints.length > shown.length
    ? `${shown.join(', ')} and ${endpoints.length - shown.length} more`
    : shown.join(', ');
}
