import { judgeCutover, worst, type IntegrationCutover, type Verdict } from '../domain/cutover.ts';
import { legacyTotals, readCutoverFacts, type LegacyTotals } from '../store/cutover.ts';
import { nextFullSyncs } from '../temporal/schedule-state.ts';
import type { OperationDeps } from './deps.ts';
import { requireIntegration } from './require.ts';

export interface CutoverReport {
  /** The worst of all integrations; ready also when there is none. */
  verdict: Verdict;
  counts: Record<Verdict, number>;
  /** What comes of the legacy webhooks, and whether they are acted upon. */
  legacy: LegacyTotals & { mode: 'on' | 'off' };
  /** What to do next, in a sentence. */
  message: string;
  integrations: IntegrationCutover[];
}

/** How many of the last changes by legacy webhooks are looked at. */
const SYNCS = 5;
const GRACE_MS = 10 * 60_000;
const HOUR_MS = 3_600_000;

/**
 * Whether the legacy webhooks can be switched off, for one integration or all of them. Removed ones do not count.
 *
 * @throws OperationError (not-found) for an id that is not known.
 */
export async function cutoverReport(
  deps: Pick<OperationDeps, 'config' | 'store' | 'temporal'>,
  options: { id?: string | undefined; syncs?: number | undefined } = {},
): Promise<CutoverReport> {
  const { config, store, temporal } = deps;
  const { id, syncs = SYNCS } = options;
  if (id !== undefined) await requireIntegration(store, id);
  const [facts, schedules, legacy] = await Promise.all([
    readCutoverFacts(store, { id, syncs, graceMs: GRACE_MS, extraEndpoints: config.EXTRA_ENDPOINTS }),
    nextFullSyncs(temporal.client, id === undefined ? undefined : [id]).catch(() => undefined),
    legacyTotals(store, id),
  ]);
  const freshMs = Math.max(HOUR_MS, 2 * (config.CATCH_UP_INTERVAL ?? 12 * HOUR_MS));
  const judging = { now: new Date(), graceMs: GRACE_MS, freshMs };
  const integrations = facts.map((fact) =>
    judgeCutover({ ...fact, schedule: schedules && (schedules.get(fact.integrationId) ?? null) }, judging),
  );
  const counts: Record<Verdict, number> = { ready: 0, wait: 0, blocked: 0 };
  for (const { verdict } of integrations) counts[verdict] += 1;
  const verdict = worst(integrations.map((one) => one.verdict));
  const mode = config.LEGACY_WEBHOOKS ? 'on' : 'off';
  return {
    verdict,
    counts,
    legacy: { ...legacy, mode },
    message: messageOf(verdict, mode, legacy),
    integrations,
  };
}

function messageOf(verdict: Verdict, mode: 'on' | 'off', legacy: LegacyTotals): string {
  if (mode === 'off') {
    return legacy.ignoredSince
      ? `LEGACY_WEBHOOKS is off, and Kombo still sends ${legacy.types.join(' and ')}: last at ${legacy.lastSeenAt?.toISOString() ?? ''}. Unsubscribe them in the Kombo dashboard.`
      : 'LEGACY_WEBHOOKS is off, and no legacy webhook has come since. The cutover is done.';
  }
  if (verdict === 'ready') {
    return 'Ready. Set LEGACY_WEBHOOKS=off for serve, then unsubscribe sync-finished and remote-event-received in the Kombo dashboard.';
  }
  if (verdict === 'wait') return 'Not yet: some integrations have not shown all that is needed.';
  return 'Not safe: some integrations need something to be done first.';
}
