import type { EndpointFailure } from '../domain/plan.ts';
import type { Store } from './database.ts';

/** An endpoint whose last tries have failed. */
export interface FailingEndpoint extends EndpointFailure {
  integrationId: string;
  endpoint: string;
  /** When it is tried again; null when the next sync of any kind does that. */
  nextTryAt: Date | null;
}

/** The failing endpoints of these integrations, those that need a person first. */
export async function listFailing(
  store: Store,
  integrationIds: readonly string[],
): Promise<FailingEndpoint[]> {
  if (integrationIds.length === 0) return [];
  const rows = await store.db
    .selectFrom('kombo_sync.endpoint_states')
    .select(['integration_id', 'endpoint', 'failures', 'failing_since', 'failure_code', 'failure_message'])
    .select(['needs_person', 'due_at'])
    .where('integration_id', 'in', [...integrationIds])
    .where('failing_since', 'is not', null)
    .orderBy('needs_person', 'desc')
    .orderBy('integration_id')
    .orderBy('endpoint')
    .execute();
  return rows.map((row) => ({
    integrationId: row.integration_id,
    endpoint: row.endpoint,
    code: row.failure_code ?? '',
    message: row.failure_message ?? '',
    failures: row.failures,
    since: row.failing_since!,
    needsPerson: row.needs_person,
    nextTryAt: row.due_at,
  }));
}
