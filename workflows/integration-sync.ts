import {
  CancellationScope,
  CancelledFailure,
  condition,
  continueAsNew,
  isCancellation,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import type { StartSyncInput, SyncStart } from '../activities/support/sync-start.ts';
import type { Asker } from '../src/domain/decide.ts';
import { syncWorkflowId } from '../src/domain/names.ts';
import { readKey } from '../src/domain/reads.ts';
import { FAILED_PLAN_PAUSE_MS, UNANSWERED_PAUSE_MS } from '../src/domain/retry.ts';
import type { IntegrationSyncInput, SyncResult, Trigger } from '../src/domain/sync.ts';
import { DEFAULT_DEBOUNCE, type DebounceOptions, type Wanted } from '../src/domain/wanted.ts';
import { begin, keep, syncIdOf } from './begin-and-keep.ts';
import { handleMessages } from './handle-messages.ts';
import { readIntegrationSyncInput } from './input.ts';
import { Reads } from './reads.ts';
import { askerOf, RunState, triggerOf } from './run-state.ts';
import { Story } from './story.ts';
import { describeProgress } from './ui.ts';

interface Run {
  input: IntegrationSyncInput;
  state: RunState;
  reads: Reads;
  story: Story;
}

/** One sync of the run: what it reads, and for whom. */
interface Sync {
  syncId: string;
  asker: Asker;
  trigger: Trigger;
  wanted: Wanted | undefined;
}

/**
 * Brings one integration up to date: waits until its webhooks pause, starts a sync, and waits for more while its reads
 * continue. It ends when nothing is wanted, due or being read. Signal-with-start starts it, so a run exists exactly
 * while there is something to do. docs/SPEC.md has the states and events.
 *
 * Failures are states: a run continues with the rest, tries again, and lists the failed endpoints in its result.
 */
export async function integrationSync(untrusted: IntegrationSyncInput): Promise<SyncResult> {
  const input = readIntegrationSyncInput(untrusted);
  const run = createRun(input);
  const { state, reads } = run;
  // Handlers are synchronous and set before the first await: no signal can be dropped or half applied.
  handleMessages(state, reads);
  // The moment of a cancellation: what was asked for before it and what came after are told apart by it.
  CancellationScope.current().cancelRequested.catch(() => state.interrupt(workflowTask()));
  try {
    for (const pass of input.carried?.reading ?? []) reads.start(pass);
    // Await nothing between this check and the return: then a signal that arrives meanwhile makes the server refuse the
    // completion, and this loop sees it.
    while (isOpen(run)) {
      await untilDue(run);
      if (isHistoryLong() && isOpen(run)) await handOver(run);
      else if (state.nextAt() <= Date.now()) await start(run);
    }
    // A cancellation that came with the last answer interrupted no read, but it cut off what was wanted.
    if (state.interrupted.length > 0) throw new CancelledFailure('Cancelled when the last read had ended.');
  } catch (error) {
    if (isCancellation(error)) await endCancelled(run);
    throw error;
  }
  state.doing = 'ending';
  setCurrentDetails(describeProgress([], [...state.outcomes.values()]));
  return state.result(input.integrationId);
}

function createRun(input: IntegrationSyncInput): Run {
  const debounce: DebounceOptions = {
    quietMs: input.quietMs ?? DEFAULT_DEBOUNCE.quietMs,
    maxWaitMs: input.maxWaitMs ?? DEFAULT_DEBOUNCE.maxWaitMs,
    leading: input.leading === true,
  };
  const state = new RunState(input, debounce, Date.now());
  const { integrationId, carried } = input;
  const story = new Story(integrationId, carried?.unfinished);
  const reads = new Reads(
    { integrationId, atOnce: carried?.atOnce },
    {
      end: (ended) => {
        state.ended({ ...ended, retryInMs: waitsForTries(input) ? ended.retryInMs : null }, Date.now());
        const { syncId } = ended.pass;
        story.record(syncId, ended.outcome ? [ended.outcome] : []);
        endIfRead(run, syncId);
      },
      change: () => show(run),
    },
  );
  const run: Run = { input, state, reads, story };
  return run;
}

/** A sync has ended when nothing of it is being read any more. */
function endIfRead({ reads, story, state }: Run, syncId: string): void {
  if (reads.open.some((pass) => pass.syncId === syncId)) return;
  story.end(syncId, { blocked: state.blocked });
}

/** Tells one workflow task from another. */
const workflowTask = () => workflowInfo().historyLength;

/** The server counts signals too, so a run that only waits for the database must not exceed its limit. */
const isHistoryLong = () => workflowInfo().continueAsNewSuggested;

/** Only `sync/<id>` waits for the next try, so an integration has one timer. Other runs wake that one. */
const waitsForTries = ({ integrationId }: IntegrationSyncInput) =>
  workflowInfo().workflowId === syncWorkflowId(integrationId);

function isOpen({ state, reads }: Run): boolean {
  return reads.size > 0 || state.nextAt() < Infinity || Date.now() < state.staysUntil;
}

/** When a run that nothing else moves looks again: a sync is to start, or it need not stay any longer. */
function nextLook({ state, reads }: Run): number {
  const at = state.nextAt();
  return at === Infinity && reads.size === 0 ? state.staysUntil : at;
}

function show({ state, reads }: Run): void {
  const retryAt = state.phase(reads.size > 0) === 'retrying' ? state.retryAt : undefined;
  setCurrentDetails(describeProgress(reads.reading, [...state.outcomes.values()], retryAt));
}

/**
 * Waits until a sync must start, or nothing is left to do. It sets the timer again only if the timer has run out or
 * something is due earlier, so a signal costs no command.
 */
async function untilDue(run: Run): Promise<void> {
  const { state } = run;
  for (;;) {
    const at = nextLook(run);
    const waitMs = at - Date.now();
    if (waitMs <= 0 || !isOpen(run) || isHistoryLong()) return;
    show(run);
    const isChanged = () => nextLook(run) < at || !isOpen(run) || isHistoryLong();
    if (at === Infinity) await condition(isChanged);
    else await condition(isChanged, waitMs, { summary: summaryOf(state) });
  }
}

function summaryOf({ wanted, retryAt }: RunState): string {
  if (!wanted && retryAt === undefined) return 'quiet after a webhook that was read at once';
  return wanted ? `debounce: ${wanted.models.length} models` : 'next try';
}

/** Starts a sync with what is wanted and due. Reads that do not end at once continue beside everything else. */
async function start(run: Run): Promise<void> {
  const { input, state, story } = run;
  const wanted = state.take(Date.now());
  state.doing = 'starting';
  state.syncs += 1;
  const asker = askerOf(wanted, (input.everything ?? false) && state.syncs === 1);
  const trigger = triggerOf(asker, input.trigger ?? 'webhook');
  const sync: Sync = { syncId: syncIdOf(state.syncs), asker, trigger, wanted };
  story.begin({ syncId: sync.syncId, trigger });
  try {
    const wasCut = state.cut.length;
    const started = await untilHistoryLong(() => begin(requestOf(run, sync)));
    if (!started) state.putBack(wanted, Date.now());
    else if ('failure' in started) {
      state.blocked = { ...started.failure, failed: true };
      state.putBack(wanted, Date.now());
      state.notBefore = Date.now() + FAILED_PLAN_PAUSE_MS;
    } else {
      // The next start ends those that were cut off since then.
      state.cut.splice(0, wasCut);
      apply(run, sync, started);
    }
    endIfRead(run, sync.syncId);
  } catch (error) {
    if (isCancellation(error)) state.interrupt(workflowTask(), wanted);
    throw error;
  } finally {
    state.doing = undefined;
  }
  show(run);
}

function requestOf({ input, state, reads }: Run, { syncId, asker, trigger, wanted }: Sync): StartSyncInput {
  const { integrationId } = input;
  const {
    everything,
    models = [],
    urgent,
    lookUp,
    deletedAt,
    deliveries,
    tool,
    category,
    originId,
  } = wanted ?? {};
  return {
    integrationId,
    syncId,
    trigger,
    kind: 'delta',
    by: asker,
    models: everything ? undefined : models,
    urgent,
    lookUp,
    deletedAt,
    deliveries,
    tool,
    category,
    originId,
    busy: reads.open.map(readKey),
    cut: [...state.cut],
  };
}

/** Undefined if the history has grown long meanwhile: the database may be away while webhooks keep coming. */
async function untilHistoryLong<T>(work: () => Promise<T>): Promise<T | undefined> {
  const scope = new CancellationScope();
  let isOver = false;
  let isCut = false;
  const watch = async () => {
    await condition(() => isOver || isHistoryLong());
    if (isOver) return;
    isCut = true;
    scope.cancel();
  };
  watch().catch(() => {});
  try {
    return await scope.run(work);
  } catch (error) {
    if (isCut && isCancellation(error)) return undefined;
    throw error;
  } finally {
    isOver = true;
  }
}

function apply(run: Run, { syncId, trigger, wanted }: Sync, started: SyncStart): void {
  const { input, state, reads, story } = run;
  const now = Date.now();
  reads.atOnce = started.atOnce ?? reads.atOnce;
  state.record(started.outcomes);
  story.record(syncId, started.outcomes);
  state.noteUnknown(started.unknownModels);
  state.blocked = started.blocked && { ...started.blocked, failed: false };
  state.activeSince = started.activeSince ?? state.activeSince;
  // If a deletion was reported meanwhile, the reads do not begin: the look-up decides.
  if (state.wanted?.deletedAt !== undefined) state.cut.push(syncId);
  else for (const pass of started.passes) reads.start({ ...pass, syncId, trigger });
  for (const key of started.left) {
    if (reads.has(key)) state.again.add(key);
    else state.fallDue(now);
  }
  if (started.owes) state.fallDue(now);
  if (waitsForTries(input)) state.retryIn(started.retryInMs, now);
  if (started.unanswered) {
    state.putBack(wanted, now);
    state.notBefore = now + UNANSWERED_PAUSE_MS;
  }
}

/** A cancellation would not outlast continue-as-new; and what it has cut off is written down first. */
async function handOver({ input, state, reads, story }: Run): Promise<void> {
  if (CancellationScope.current().consideredCancelled) {
    throw new CancelledFailure('Cancelled before it continued as new.');
  }
  const { unfinished } = story;
  const { atOnce } = reads;
  const carried = { ...state.carry(reads.cut()), unfinished, atOnce };
  await continueAsNew<typeof integrationSync>({ ...input, carried });
}

/**
 * The run was cancelled: what its webhooks named is owed, and the next sync reads it (invariant I6). The run that
 * follows serves signals that come after the cancellation.
 */
async function endCancelled({ input, state, reads, story }: Run): Promise<void> {
  story.cancel();
  state.interrupt(workflowTask());
  state.doing = 'keeping';
  const { integrationId } = input;
  const wanted = state.interrupted.splice(0);
  const open = reads.open.map(({ syncId }) => syncId);
  const syncIds = [...new Set([...open, syncIdOf(state.syncs), ...state.cut])];
  await keep(state.activeSince, { integrationId, syncId: syncIdOf('cancelled'), wanted, syncIds });
  if (!state.wanted) return;
  const { wanted: left } = state;
  const carried = { wanted: left, reading: [], syncs: 0, outcomes: [], unknownModels: [] };
  await CancellationScope.nonCancellable(() => continueAsNew<typeof integrationSync>({ ...input, carried }));
}
