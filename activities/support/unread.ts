import { enabledEndpoints } from '../../src/domain/catalogue/index.ts';
import type { Reason } from '../../src/domain/reads.ts';
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
  const { tool, category, status, statusReason, statusCode, needsAttention, retryAt } = integration;
  await keepReads(deps, integration, kind, models);
  const said = statusReason ?? 'no reason given';
  const now = await databaseTime(deps.store);
  // A look whose time has come has been tried, and Kombo did not answer: then the look-up waits as any failing read does.
  const waits = status === 'parked' && !needsAttention && retryAt && retryAt > now;
  const reason =
    status === 'paused'
      ? { code: 'Paused', message: `Paused: "${said}". The reads are kept for later.` }
      : { code: statusCode ?? 'IntegrationParked', message: said };
  return {
    ...blocked(reason),
    tool,
    category,
    retryInMs: waits ? retryAt.getTime() - now.getTime() : null,
  };
}

export function goneReason(known: Integration | undefined, id: string): Reason {
  const message = known?.statusReason ?? `Kombo does not know ${id}; nothing is read for it.`;
  return { code: 'IntegrationGone', message };
}

/** It is kept, and read in full once a version knows its category, since nothing of it has been read before. */
export function knownCategory(category: string, { settings }: ActivityDeps): Pick<SyncStart, 'blocked'> {
  if (enabledEndpoints(category, settings.EXTRA_ENDPOINTS).length > 0) return {};
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
