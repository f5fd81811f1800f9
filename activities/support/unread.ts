import { NO_CHOICE, selectEndpoints } from '../../src/domain/choice.ts';
import { REMOVED } from '../../src/domain/life.ts';
import type { Reason } from '../../src/domain/reads.ts';
import { shellWord } from '../../src/domain/text.ts';
import { databaseTime } from '../../src/store/database.ts';
import type { Integration } from '../../src/store/state/integrations.ts';
import type { ActivityDeps } from './deps.ts';
import { keepReads } from './plan.ts';
import type { StartSyncInput, SyncStart } from './sync-start.ts';

/* What a start answers when nothing, or not all, is read. */

/** Nothing is read, and nothing that was asked for is forgotten. */
export async function keepUnread(
  deps: ActivityDeps,
  integration: Integration,
  { kind, models }: StartSyncInput,
): Promise<SyncStart> {
  const { id, tool, category, status, statusReason, statusCode, needsAttention, retryAt } = integration;
  await keepReads(deps, integration, kind, models);
  const now = await databaseTime(deps.store);
  // A look whose time has come has been tried, and Kombo did not answer: then the look-up waits as any failing read does.
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

/** Why it is removed, for Temporal's history: what you have written yourself stays in Postgres (invariant I17). */
export function removalText({ id, statusCode, statusReason }: Integration): string {
  if (statusCode === REMOVED.byHand || statusReason === null) return `${id} is removed.`;
  return statusReason;
}

export function goneReason(known: Integration | undefined, id: string): Reason {
  const message = known ? removalText(known) : `Kombo does not know ${id}; nothing is read for it.`;
  return { code: 'IntegrationGone', message };
}

/** It is kept, and read in full once a version knows its category, since nothing of it has been read before. */
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

/** It is new, and there is no place to keep what was asked for: the run keeps it, and asks again. */
export function unanswered({ code, message }: { code: string; message: string }): SyncStart {
  return { ...blocked({ code, message }), unanswered: true };
}
