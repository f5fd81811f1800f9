import type { Config } from '../config.ts';
import type { Store } from '../store/database.ts';
import { readOwedSignals } from '../store/state/changes-signals.ts';
import { ok, warn, type Check } from './check.ts';

/** One that is owed since a moment ago is on its way. */
const LATE_SECONDS = 120;
const NAME = 'Changes signal';

/** Whether your workflows are signalled after changes. */
export async function checkChangesSignal(store: Store, { CHANGES_SIGNAL }: Config): Promise<Check> {
  if (!CHANGES_SIGNAL) return ok(NAME, 'off (CHANGES_SIGNAL is not set)');
  const { type, taskQueue } = CHANGES_SIGNAL;
  const { seconds, count, failures, error } = await readOwedSignals(store);
  if (seconds < LATE_SECONDS) return ok(NAME, `to workflows of type ${type} on task queue ${taskQueue}`);
  const since = `changes wait for ${Math.round(seconds / 60)} min to be signalled`;
  if (error === null) {
    return warn(
      NAME,
      `${since}, and no worker has tried it`,
      'Start one with the same CHANGES_SIGNAL: kombo-sync worker',
    );
  }
  return warn(
    NAME,
    `${since} to ${count} ${count === 1 ? 'workflow' : 'workflows'}, after ${failures} ${failures === 1 ? 'try' : 'tries'}: ${error}`,
    `Let a worker of yours poll task queue ${taskQueue}, and look at the workflows changes/… in Temporal. Nothing is lost meanwhile.`,
  );
}
