import type pg from 'pg';
import { SyncError } from '../domain/errors.ts';

/**
 * A step of the statement that moves a pass, which is to be its transaction's last: with `NOT_REMOVED`, it does nothing for
 * a removed integration, whose data may be erased already. The lock lets a removal, and the erasure after it, wait for the
 * commit; so late in the transaction, since what else changes the integration waits for it too.
 */
export const INTEGRATION =
  'integration as (select status from kombo_sync.integrations where id = $1 for share)';
export const NOT_REMOVED = "not exists (select from integration where status = 'removed')";

/** @throws SyncError IntegrationGone */
export async function refuseRemoved(client: pg.ClientBase | pg.Pool, integrationId: string): Promise<void> {
  const { rowCount } = await client.query(
    `select from kombo_sync.integrations where id = $1 and status = 'removed'`,
    [integrationId],
  );
  if (rowCount) {
    throw new SyncError('IntegrationGone', `${integrationId} is removed; nothing is read or written for it.`);
  }
}
