import { NO_CHOICE, selectEndpoints } from '../../src/domain/choice.ts';
import { REMOVED } from '../../src/domain/life.ts';
import type { Reason } from '../../src/domain/reads.ts';
import { shellWord } from '../../src/domain/text.ts';
import { databaseTime } from '../../src/store/database.ts';
import type { Integration } from '../../src/store/state/integrations.ts';
import type { ActivityDeps } from './deps.ts';
import { keepReads } from './plan.ts';
import type { StartSyncInput, SyncStart } from './sync-start.ts';

/* What `startSync` returns if it reads nothing, or not everything. */

/** Reads nothing, but notes what was asked for as owed. */
export async function keepUnread(
  deps: ActivityDeps,
  integration: Integration,
  { kind, models }: StartSyncInput,
): Promise<SyncStart> {
  const { id, tool, category, status, statusReason, statusCode, needsAttention, retryAt } = integration;
  await keepReads(deps, integration, kind, models);
  const now = await databaseTime(deps.store);
  // If the look-up is due, it was tried just now without an answer. It then waits like any failing read.
  const waits = status === 'parked' && !needsAttention && retryAt && retryAt > now;
  const reason =
    status === 'paused'
      ? {
          code: 'Paused',
          message: `Paused; "kombo-sync integrations show ${shellWord(id)}" says why. The reads are kept for later.`,
        }
      : {
          code: statusCode ?? 'IntegrationParked',
          message: statusReason ?? 'Kombo does not let it be read.',
        };
  return {
    ...blocked(reason),
    tool,
    category,
    retryInMs: waits ? retryAt.getTime() - now.getTime() : null,
  };
}

/** Why it is removed, for Temporal's history. Your own text stays in Postgres (invariant I17). */
export function removalText({ id, statusCode, statusReason }: Integration): string {
  if (statusCode === REMOVED.byHand || statusReason === null) return `${id} is removed.`;
  return statusReason;
}

export function goneReason(known: Integration | undefined, id: string): Reason {
  const message = known ? removalText(known) : `Kombo does not know ${id}; nothing is read for it.`;
  return { code: 'IntegrationGone', message };
}

/** An integration of an unknown category is kept, and read in full once a version knows the category. */
export function knownCategory(category: string, { settings }: ActivityDeps): Pick<SyncStart, 'blocked'> {
  if (selectEndpoints({ category, ...NO_CHOICE }, settings).all.length > 0) return {};
  const message = `This version of kombo-sync does not know the category ${category}, so nothing is read. Look for a newer one.`;
  return { blocked: { code: 'CategoryUnknown', message } };
}

export function blocked(reason: Reason): SyncStart {
  return {
    passes: [],
    outcomes: [],
    unknownModels: [],
    left: [],
    owes: false,
    retryInMs: null,
    blocked: reason,
  };
}

/** A new integration has no row to store debts for, so the run keeps what was asked for, and asks Kombo again. */
export function unanswered({ code, message }: { code: string; message: string }): SyncStart {
  return { ...blocked({ code, message }), unanswered: true };
}
