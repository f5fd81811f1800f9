import type { Client } from '@temporalio/client';
import { none } from '../domain/counts.ts';
import { judgeCutover, VERDICTS, worst, type IntegrationCutover, type Verdict } from '../domain/cutover.ts';
import type { LegacyMode } from '../domain/deliveries.ts';
import { isoTime } from '../domain/duration.ts';
import { legacyTotals, readCutoverFacts, type LegacyTotals } from '../store/reports/cutover.ts';
import { describeSchedule, nextFullSyncs, type NextFullSync } from '../temporal/schedule-state.ts';
import type { OperationDeps } from './deps.ts';
import { requireIntegration } from './require.ts';

export interface CutoverReport {
  /** The worst of all integrations; `wait` if there is none to judge. */
  verdict: Verdict;
  counts: Record<Verdict, number>;
  /** The legacy webhooks that arrived, and whether `serve` acts on them. */
  legacy: LegacyTotals & { mode: LegacyMode };
  /** What to do next, in a sentence. */
  message: string;
  integrations: IntegrationCutover[];
  /** Id of the last one, to continue after; null if no more follow. */
  next: string | null;
}

/** How many of the last changes by legacy webhooks are judged. */
const SYNCS = 5;
const GRACE_MS = 10 * 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Most tools change within a working week. If one does not, the syncs after legacy webhooks show that. */
const EVIDENCE_MS = 7 * DAY_MS;

/**
 * Whether you can switch off the legacy webhooks, for one integration or all of them. Removed ones do not count.
 *
 * @throws OperationError (not-found) if there is no integration with this id.
 */
export async function cutoverReport(
  deps: Pick<OperationDeps, 'config' | 'store' | 'temporal'>,
  options: { id?: string | undefined; syncs?: number | undefined } = {},
): Promise<CutoverReport> {
  const { config, store, temporal } = deps;
  const { id, syncs = SYNCS } = options;
  if (id !== undefined) await requireIntegration(store, id);
  const [facts, schedules, legacy] = await Promise.all([
    readCutoverFacts(store, { id, syncs, graceMs: GRACE_MS, settings: config }),
    readSchedules(temporal.client, id).catch(() => undefined),
    legacyTotals(store, id),
  ]);
  const freshMs = Math.max(HOUR_MS, 2 * (config.CATCH_UP_INTERVAL ?? 12 * HOUR_MS));
  const judging = { now: new Date(), graceMs: GRACE_MS, evidenceMs: EVIDENCE_MS, freshMs };
  const integrations = facts.map((fact) =>
    judgeCutover({ ...fact, schedule: schedules && (schedules.get(fact.integrationId) ?? null) }, judging),
  );
  const counts = none(VERDICTS);
  for (const { verdict } of integrations) counts[verdict] += 1;
  const verdict = integrations.length === 0 ? 'wait' : worst(integrations.map((one) => one.verdict));
  // `serve` may run with other settings than the caller.
  const mode = config.LEGACY_WEBHOOKS && !legacy.ignored ? 'on' : 'off';
  return {
    verdict,
    counts,
    legacy: { ...legacy, mode },
    message: integrations.length === 0 ? nothingToJudge(id) : messageOf(verdict, mode, legacy, judging.now),
    integrations,
    next: null,
  };
}

/** The same report with one page of the integrations, ordered by id. Verdict and counts still cover all of them. */
export async function cutoverPage(
  deps: Parameters<typeof cutoverReport>[0],
  page: { verdict?: Verdict | undefined; after?: string | undefined; limit: number },
): Promise<CutoverReport> {
  const { verdict, after = '', limit } = page;
  const report = await cutoverReport(deps);
  // Sorted here: Postgres sorts by its locale, and this comparison would then skip some.
  const listed = report.integrations
    .filter((one) => (verdict === undefined || one.verdict === verdict) && one.integrationId > after)
    .sort((a, b) => (a.integrationId < b.integrationId ? -1 : 1));
  const integrations = listed.slice(0, limit);
  const next = listed.length > limit ? integrations.at(-1)!.integrationId : null;
  return { ...report, integrations, next };
}

/**
 * All schedules come from one list, which may lag by a second. A single schedule is asked for directly and does not
 * lag.
 */
async function readSchedules(client: Client, id: string | undefined): Promise<Map<string, NextFullSync>> {
  if (id === undefined) return nextFullSyncs(client);
  const { fullSync } = await describeSchedule(client, id);
  if (!fullSync) return new Map();
  return new Map([[id, { paused: fullSync.paused, nextRun: fullSync.nextRuns[0] ?? null }]]);
}

const nothingToJudge = (id: string | undefined) =>
  id === undefined
    ? 'There is no integration yet, so there is nothing to judge.'
    : `${id} is removed, so it does not count.`;

function messageOf(verdict: Verdict, mode: LegacyMode, legacy: LegacyTotals, now: Date): string {
  if (mode === 'off') {
    const { lastSeenAt, ignored, types } = legacy;
    if (!ignored || !lastSeenAt) {
      return 'LEGACY_WEBHOOKS is off, and no legacy webhook has come since. The cutover is done.';
    }
    const last = `last at ${isoTime(lastSeenAt)}`;
    if (now.getTime() - lastSeenAt.getTime() > DAY_MS) {
      return `LEGACY_WEBHOOKS is off, and no legacy webhook has come for a day (${last}). The cutover is done.`;
    }
    return `LEGACY_WEBHOOKS is off, and Kombo still sends ${types.join(' and ')}: ${last}. Unsubscribe them in the Kombo dashboard.`;
  }
  if (verdict === 'ready') {
    return 'Ready. Set LEGACY_WEBHOOKS=off for serve, then unsubscribe sync-finished and remote-event-received in the Kombo dashboard.';
  }
  if (verdict === 'wait') return 'Not yet: some integrations have not shown all that is needed.';
  return 'Not safe: some integrations need something to be done first.';
}
