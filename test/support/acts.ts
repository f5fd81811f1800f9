import type { Store } from '../../src/store/database.ts';
import { listAudit, type AuditEntry } from '../../src/store/state/audit.ts';

/** The acts of one integration or of all, newest first. */
export async function listActs(store: Store, filter: { integrationId?: string } = {}): Promise<AuditEntry[]> {
  return (await listAudit(store, filter)).entries;
}
