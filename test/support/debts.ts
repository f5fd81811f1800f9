import { sql } from 'kysely';
import type { Failure } from '../../src/domain/decide.ts';
import type { DebtKind } from '../../src/domain/reads.ts';
import type { Store } from '../../src/store/database.ts';

export interface DebtRow {
  endpoint: string;
  kind: DebtKind;
  /** Default: now. */
  since?: Date;
  /** Default: it is due. */
  dueAt?: Date | null;
  /** Default: it has not failed. */
  failure?: Partial<Failure>;
}

const FAILURE: Failure = {
  errorClass: 'Unavailable',
  code: 'REMOTE.SERVICE_UNAVAILABLE',
  message: 'Kombo is away.',
  failures: 1,
  since: new Date('2026-03-01T12:00:00Z'),
  triedAt: new Date('2026-03-01T12:00:00Z'),
  needsAttention: false,
  givenUp: false,
};

/** Inserts a row of `kombo_sync.debts` directly, with times and counts that would take days to reach. */
export async function insertDebt(
  store: Pick<Store, 'db'>,
  integrationId: string,
  row: DebtRow,
): Promise<void> {
  const failure = row.failure && { ...FAILURE, ...row.failure };
  await store.db
    .insertInto('kombo_sync.debts')
    .values({
      integration_id: integrationId,
      endpoint: row.endpoint,
      kind: row.kind,
      since: row.since ?? failure?.since ?? sql<Date>`date_trunc('milliseconds', clock_timestamp())`,
      due_at: row.dueAt ?? null,
      failures: failure?.failures ?? 0,
      failing_since: failure?.since ?? null,
      tried_at: failure?.triedAt ?? null,
      failure_class: failure?.errorClass ?? null,
      failure_code: failure?.code ?? null,
      failure_message: failure?.message ?? null,
      needs_attention: failure?.needsAttention ?? false,
      given_up: failure?.givenUp ?? false,
    })
    .execute();
}
