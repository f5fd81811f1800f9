import type { Issue } from '../../domain/issues.ts';
import type { Store } from '../database.ts';
import { LIMIT, toListed, type Listed, type ListOptions } from '../listed.ts';
import { microseconds, momentOf } from '../sql.ts';

/**
 * Stores an issue, unless the stored one is newer (by the same order as `newerIssue`) or the integration's data is
 * erased.
 *
 * @returns whether it was new.
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

/** An issue that is open. */
export type OpenIssue = Omit<Issue, 'firstObservedAt' | 'resolvedAt'> & { firstObservedAt: Date };

export type IssueKey = readonly [firstObservedAt: number, id: string];

export interface IssueFilter {
  /** Issues of these integrations; null stands for the whole environment. */
  of?: readonly (string | null)[] | undefined;
}

/** Issues of what is removed say nothing any more. */
export const IS_OPEN = `i.resolved_at is null and not exists (
  select from kombo_sync.integrations n where n.id = i.integration_id and n.status = 'removed')`;

/** Issues that are open, the newest first. */
export async function listIssues(
  store: Store,
  { of, after, limit = LIMIT }: IssueFilter & ListOptions<IssueKey>,
): Promise<Listed<OpenIssue, IssueKey>> {
  const { rows } = await store.pool.query<OpenIssue & { at: number }>(
    `select i.issue_id as id, i.integration_id as "integrationId", i.type, i.title, i.message,
       i.first_observed_at as "firstObservedAt", ${microseconds('i.first_observed_at')} as at
     from kombo_sync.issues i
     where ${IS_OPEN}
       and ($1::text[] is null or coalesce(i.integration_id, '') = any($1))
       and ($2::bigint is null or (i.first_observed_at, i.issue_id) < (${momentOf('$2')}, $3))
     order by i.first_observed_at desc, i.issue_id desc
     limit $4`,
    [of?.map((id) => id ?? '') ?? null, after?.[0] ?? null, after?.[1] ?? null, limit + 1],
  );
  return toListed(
    rows,
    limit,
    ({ at: _at, ...issue }) => issue,
    ({ at, id }): IssueKey => [at, id],
  );
}

export async function countIssues(store: Store): Promise<number> {
  const { rows } = await store.pool.query<{ count: number }>(
    `select count(*)::int as count from kombo_sync.issues i where ${IS_OPEN}`,
  );
  return rows[0]!.count;
}
