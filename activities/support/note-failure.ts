import { findEndpoint, isOffered } from '../../src/domain/catalogue/index.ts';
import { selectEndpoints } from '../../src/domain/choice.ts';
import { POLICIES, type SyncError } from '../../src/domain/errors.ts';
import { parkedBy } from '../../src/domain/life.ts';
import { LOOK_UP, type DebtKind, type Reason } from '../../src/domain/reads.ts';
import { noteFailure, owe, type NotedFailure } from '../../src/store/state/debts.ts';
import { refusedEverywhere } from '../../src/store/state/due.ts';
import { forgetLearnt } from '../../src/store/state/extra-endpoints.ts';
import { findIntegration } from '../../src/store/state/integrations.ts';
import { endPass } from '../../src/store/state/pass-life.ts';
import type { Pass } from '../../src/store/state/passes.ts';
import { whyNotChosen } from './chosen.ts';
import { retryOptions, type ActivityDeps } from './deps.ts';
import type { DatabaseClock } from './clock.ts';
import { measurePass } from './measure.ts';
import { parkIntegration } from './park.ts';

interface FailedTry {
  integrationId: string;
  endpoint: string;
  kind: DebtKind;
  /** Distinguishes this try from others. */
  tryId: string;
  error: SyncError;
  /** The pass that ends with this failure. */
  pass?: Pass | undefined;
  /** Given with the pass: how long that took is told by it. */
  clock?: Pick<DatabaseClock, 'latest'> | undefined;
  /** The pass whose listing was to be swept: it stays as it is. */
  listing?: Pass | undefined;
  /** For a look-up, when Kombo was asked. */
  askedSeq?: number | undefined;
}

/** What a failed read means for its sync. */
interface FailedOutcome {
  /** Skipped: the tool does not offer the endpoint, or it is not chosen. This is not a failure. */
  status: 'failed' | 'skipped';
  reason: Reason;
  /** Whether a look-up of the integration is due now. */
  owes: boolean;
}

/**
 * Records that a read failed: it is owed after a pause that grows with the outage, and its pass can be resumed
 * (invariants I6, I10). If one answer concerns the whole integration, this does not trust it, but makes a worker look
 * the integration up.
 */
export async function noteFailedRead(deps: ActivityDeps, failed: FailedTry): Promise<FailedOutcome> {
  const { integrationId, endpoint, kind, error, pass } = failed;
  const { errorClass, code, message } = error;
  // You have left the endpoint out while it was read, so this is not a failure.
  const notChosen = kind === 'look-up' ? undefined : await whyNotChosen(deps, integrationId, endpoint);
  if (notChosen) return { status: 'skipped', reason: notChosen, owes: false };
  const policy = POLICIES[errorClass];
  const isSkipped = errorClass === 'EndpointDisabled';
  if (pass) {
    const { resumable } = policy;
    const state = isSkipped ? 'skipped' : 'failed';
    await endPass(deps.store, pass.id, { state, code, message, resumable });
    if (failed.clock) measurePass(deps, pass, state, failed.clock);
  }
  const outcome = { status: isSkipped ? 'skipped' : 'failed', reason: { code, message } } as const;
  // The integration is removed here, not at Kombo, so a look-up is not needed.
  if (errorClass === 'IntegrationGone' && code === errorClass) return { ...outcome, owes: false };
  if (errorClass === 'RequestRejected' && findEndpoint(endpoint)?.status === 'unknown') {
    await forgetLearnt(deps.store, endpoint);
  }
  const noted = await noteTry(deps, failed);
  if (noted) log(deps, { integrationId, endpoint, kind, code, ...said(failed) }, message, noted, isSkipped);
  if (!policy.looksUp || kind === 'look-up') return { ...outcome, owes: false };
  if (errorClass === 'IntegrationParked') await parkWhereAllRefuse(deps, integrationId, error);
  await owe(deps.store, integrationId, [{ endpoint: LOOK_UP, kind: 'look-up' }]);
  return { ...outcome, owes: true };
}

/** Records one failed try of a read that continues. */
export async function noteTry(deps: ActivityDeps, failed: FailedTry): Promise<NotedFailure | undefined> {
  const { integrationId, endpoint, kind, tryId, pass, listing, askedSeq } = failed;
  const { errorClass, code, message } = failed.error;
  return noteFailure(
    deps.store,
    {
      integrationId,
      endpoint,
      kind,
      tryId,
      error: { errorClass, code, message },
      pass: pass ?? listing,
      askedSeq,
    },
    retryOptions(deps.settings),
  );
}

/** What the pass had read by then. */
function said({ pass, clock }: FailedTry): object {
  if (!pass || !clock) return {};
  const { pages, records, started_at: startedAt } = pass;
  return { pages, records, ms: Math.max(0, clock.latest().getTime() - startedAt.getTime()) };
}

/** A line for each try that fails: the first one is a warning, and the one after which you are needed an error. */
function log(
  deps: ActivityDeps,
  about: object,
  message: string,
  { failures, first, newlyNeedsAttention }: NotedFailure,
  isSkipped: boolean,
): void {
  if (isSkipped) deps.log.info(about, message);
  else if (newlyNeedsAttention) deps.log.error({ ...about, failures }, `This needs you. ${message}`);
  else if (first) deps.log.warn({ ...about, failures }, message);
  else deps.log.info({ ...about, failures }, message);
}

/** One endpoint may be wrong about the integration. If all of them refuse to be read, it is parked. */
async function parkWhereAllRefuse(
  deps: ActivityDeps,
  integrationId: string,
  { code, what }: SyncError,
): Promise<void> {
  const integration = await findIntegration(deps.store, integrationId);
  if (!integration) return;
  const offered = selectEndpoints(integration, deps.settings)
    .read.filter((endpoint) => isOffered(endpoint, integration.unavailableModels))
    .map(({ path }) => path);
  if (await refusedEverywhere(deps.store, integrationId, offered)) {
    await parkIntegration(deps, integration, parkedBy(code, what));
  }
}
