import type { Issue } from '../../domain/issues.ts';
import type { Store } from '../database.ts';

/**
 * Keeps an issue, unless what is known of it is newer: the same order as `newerIssue`. Nothing is kept of an integration whose
 * data are erased.
 *
 * @returns whether it was news.
 */
export async function saveIssue(store: Store, issue: Issue): Promise<boolean> {
  const { id, integrationId, type, title, message, firstObservedAt, resolvedAt } = issue;
  const { rowCount } = await store.pool.query(
    `insert into kombo_sync.issues as known
       (issue_id, integration_id, type, title, message, first_observed_at, resolved_at)
     select $1, $2, $3, $4, $5, $6::timestamptz, $7::timestamptz
     where not exists (
       select from kombo_sync.integrations where id = $2 and status = 'removed' and erased_at is not null)
     on conflict (issue_id) do update set integration_id = excluded.integration_id, type = excluded.type,
       title = excluded.title, message = excluded.message, first_observed_at = excluded.first_observed_at,
       resolved_at = excluded.resolved_at
     where (known.first_observed_at, coalesce(known.resolved_at, '-infinity'))
       < (excluded.first_observed_at, coalesce(excluded.resolved_at, '-infinity'))`,
    [id, integrationId, type, title, message, firstObservedAt, resolvedAt],
  );
  return rowCount === 1;
}
