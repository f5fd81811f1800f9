import type { Client } from '@temporalio/client';
import type { EndpointSettings } from '../domain/choice.ts';
import type { Logger } from '../log.ts';
import type { Store } from '../store/database.ts';
import { forgetUnread, takeOverdue, takeOverdueLooks } from '../store/state/due.ts';
import { listUnsettled } from '../store/state/life.ts';
import { eraseDeletedSome } from '../store/records/erase-records.ts';
import { endPass, listLostPasses } from '../store/state/pass-life.ts';
import { isRunOpen } from '../temporal/open-runs.ts';

export interface Housekeeping {
  stop(): Promise<void>;
}

export interface HousekeepingDeps {
  store: Store;
  client: Client;
  /** Makes Temporal match the status of an integration. */
  settle: (integrationId: string) => Promise<unknown>;
  /** Makes the sync of an integration read what is owed. */
  wake: (integrationId: string) => Promise<unknown>;
  /** Tells operators what is wrong. */
  tell?: () => Promise<void>;
  settings: EndpointSettings;
  /** The setting ERASE_DELETED_AFTER (milliseconds); null keeps the fields of deleted records. */
  eraseDeletedAfterMs: number | null;
  log: Logger;
  /** Wakes readers of the change feed. */
  notifyChanges: () => void;
  everyMs?: number;
}

const EVERY_MS = 15_000;
/** A change of status updates Temporal itself. It is due for this long only if that broke off. */
const UNSETTLED_MS = 20_000;
const AT_ONCE = 50;
/** Batches per round. The next round does the rest. */
const ERASURES_AT_ONCE = 10;
const LATER = 'This is left to the next round';

/** Where the next round continues. */
interface Progress {
  /** Id of a pass. */
  lookedUpTo: number;
}

/**
 * Repairs what broke off between two steps: a status that Temporal does not know, a due read that no sync does, a pass
 * whose workflow was terminated. Every worker does this; doing it twice is harmless.
 */
export function startHousekeeping(deps: HousekeepingDeps): Housekeeping {
  const { log, everyMs = EVERY_MS } = deps;
  const stop = new AbortController();
  const progress: Progress = { lookedUpTo: 0 };
  let timer: NodeJS.Timeout | undefined;
  let round = Promise.resolve();
  const plan = () => {
    if (stop.signal.aborted) return;
    timer = setTimeout(() => {
      round = tidyUp(deps, progress, stop.signal)
        .catch((error: unknown) => log.debug({ err: error }, LATER))
        .finally(plan);
    }, everyMs).unref();
  };
  plan();
  return {
    async stop() {
      stop.abort();
      clearTimeout(timer);
      await round;
    },
  };
}

async function tidyUp(deps: HousekeepingDeps, progress: Progress, signal: AbortSignal): Promise<void> {
  const { store, client, settle, wake, tell, log, settings } = deps;
  /** One that cannot be done now keeps none of the others from being done. */
  const each = async <T>(items: readonly T[], act: (item: T) => Promise<void>) => {
    for (const item of items) {
      if (signal.aborted) return;
      await act(item).catch((error: unknown) => log.debug({ err: error }, LATER));
    }
  };
  await each(await listUnsettled(store, UNSETTLED_MS, AT_ONCE), async (id) => {
    await settle(id);
    log.info({ integrationId: id }, 'Temporal matches the status of an integration again');
  });
  await forgetUnread(store, settings);
  const overdue = [
    ...(await takeOverdue(store, settings, AT_ONCE)),
    ...(await takeOverdueLooks(store, AT_ONCE)),
  ];
  await each([...new Set(overdue)], async (id) => {
    await wake(id);
    log.debug({ integrationId: id }, 'A sync is woken for what is due');
  });
  await eraseDeleted(deps, signal);
  await tell?.().catch((error: unknown) => log.debug({ err: error }, LATER));
  const lost = await listLostPasses(store, progress.lookedUpTo, AT_ONCE);
  // The rounds go through all of them in turn, because those with an open workflow stay on the list.
  progress.lookedUpTo = lost.length < AT_ONCE ? 0 : lost.at(-1)!.id;
  await each(lost, async ({ id, workflowId, runId }) => {
    if (await isRunOpen(client, workflowId, runId)) return;
    const message = 'Its workflow has ended without it. The next sync resumes it.';
    await endPass(store, id, { state: 'abandoned', code: 'WorkerLost', message, resumable: true });
  });
}

/** Erases the fields of records that were deleted long enough ago. */
async function eraseDeleted(deps: HousekeepingDeps, signal: AbortSignal): Promise<void> {
  const { store, eraseDeletedAfterMs, log, notifyChanges } = deps;
  if (eraseDeletedAfterMs === null) return;
  let rows = 0;
  for (let batch = 0; batch < ERASURES_AT_ONCE && !signal.aborted; batch += 1) {
    const erased = await eraseDeletedSome(store, eraseDeletedAfterMs);
    if (erased === 0) break;
    rows += erased;
  }
  if (rows === 0) return;
  notifyChanges();
  log.info({ rows }, 'The fields of deleted records are erased');
}
