import type { Config } from '../config.ts';
import { CONDITIONS_TURN, targetsOf } from '../operations/tell.ts';
import type { Store } from '../store/database.ts';
import { oldestUnsent } from '../store/state/told.ts';
import { isTurnTaken } from '../store/state/turns.ts';
import { ok, warn, type Check } from './check.ts';

/** One that was made a moment ago is on its way. */
const LATE_MS = 2 * 60_000;
const NAME = 'Notifications';

/** Whether what is wrong is told, and taken. */
export async function checkNotifications(store: Store, config: Config): Promise<Check> {
  const targets = targetsOf(config);
  if (targets.length === 0) return ok(NAME, 'off (NOTIFY_URL and NOTIFY_SLACK_URL are not set)');
  const unsent = await oldestUnsent(store);
  if (unsent && Date.now() - unsent.createdAt.getTime() > LATE_MS) {
    const { target, createdAt, tries, error } = unsent;
    const why = error === null ? 'no worker has tried to send it' : `the receiver ${error}`;
    return warn(
      NAME,
      `one to ${target} waits since ${createdAt.toISOString()}, after ${tries} tries: ${why}`,
      'Check the address and the receiver, then try: kombo-sync notify test',
    );
  }
  if (!(await isTurnTaken(store, CONDITIONS_TURN, LATE_MS))) {
    return warn(
      NAME,
      'no worker has looked for anything to tell in the last minutes',
      'Start the workers with the same NOTIFY_ settings as this command, then try: kombo-sync notify test',
    );
  }
  return ok(NAME, `sent to ${targets.join(' and ')}`);
}
