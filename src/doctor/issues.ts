import type { Store } from '../store/database.ts';
import { countIssues, listIssues } from '../store/state/issues.ts';
import { ok, warn, type Check } from './check.ts';

/** Issues that Kombo's webhooks have reported. They may come days before a read fails. */
export async function checkIssues(store: Store): Promise<Check> {
  const [total, { entries }] = await Promise.all([countIssues(store), listIssues(store, { limit: 3 })]);
  if (total === 0) return ok('Issues at Kombo', 'none is open');
  const some = entries.map(({ title, integrationId }) => `${title} (${integrationId ?? 'environment'})`);
  return warn(
    'Issues at Kombo',
    `${total} open: ${some.join(', ')}${total > some.length ? ', …' : ''}`,
    'Look at the status page or at "kombo-sync status", and at the issue in Kombo\'s dashboard.',
  );
}
