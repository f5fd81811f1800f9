import type { InjectedSinks } from '@temporalio/worker';
import type { EndedSync, Meter } from '../domain/meter.ts';
import type { Logger } from '../log.ts';
import type { SyncSinks } from '../../workflows/story.ts';

/** Where workflows say how a sync has ended; what a replay says again is left out. */
export function createSinks(log: Logger, meter: Meter): InjectedSinks<SyncSinks> {
  return {
    syncs: {
      ended: {
        fn({ workflowId, runId }, sync) {
          meter.sync(sync);
          const { ms, counts, code, ...said } = sync;
          const level = levelOf(sync);
          const fields = { ...said, ...(code === undefined ? {} : { code }), counts, ms, workflowId, runId };
          log[level](fields, `sync ${sync.status}`);
        },
      },
    },
  };
}

/** Passes that failed have lines of their own. A timer that found nothing to read is no news. */
function levelOf({ endpoints, code }: EndedSync): 'info' | 'debug' {
  return endpoints.length === 0 && code === undefined ? 'debug' : 'info';
}
