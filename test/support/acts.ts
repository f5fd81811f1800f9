import type { Store } from '../../src/store/database.ts';
import { listAudit, type AuditEntry } from '../../src/store/state/audit.ts';

/** What has been done by hand, newest first: with one integration, or at all. */
export async function listActs(store: Store, filter: { integrationId?: string } = {}): Promise<AuditEntry[]> {
  return (await listAudit(store, filter)).entries;
}
