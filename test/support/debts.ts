import type { Failure } from '../../src/domain/decide.ts';
import type { DebtKind } from '../../src/domain/reads.ts';
import type { Store } from '../../src/store/database.ts';

export interface DebtRow {
  endpoint: string;
  kind: DebtKind;
  /** Now when left out. */
  since?: Date;
  /** It is due when left out. */
  dueAt?: Date | null;
  /** It has not failed when left out. */
  failure?: Partial<Failure>;
}

const FAILURE: Failure = {
  errorClass: 'Unavailable',
  code: 'REMOTE.SERVICE_UNAVAILABLE',
  message: 'Kombo is away.',
  failures: 1,
  since: new Date('2026-03-01T12:00:00Z'),
  triedAt: new Date('2026-03-01T12:00:00Z'),
  needsPerson: false,
  givenUp: false,
};

/** A row of `kombo_sync.debts` as it stands, with moments and counts that would take days to come to. */
export async function insertDebt(
  store: Pick<Store, 'pool'>,
  integrationId: string,
  row: DebtRow,
): Promise<void> {
  const failure = row.failure && { ...FAILURE, ...row.failure };
  await store.pool.query(
    `insert into kombo_sync.debts (integration_id, endpoint, kind, since, due_at, failures, failing_since, tried_at,
       failure_class, failure_code, failure_message, needs_person, given_up)
     values ($1, $2, $3, coalesce($4, date_trunc('milliseconds', clock_timestamp())), $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      integrationId,
      row.endpoint,
      row.kind,
      row.since ?? failure?.since ?? null,
      row.dueAt ?? null,
      failure?.failures ?? 0,
      failure?.since ?? null,
      failure?.triedAt ?? null,
      failure?.errorClass ?? null,
      failure?.code ?? null,
      failure?.message ?? null,
      failure?.needsPerson ?? false,
      failure?.givenUp ?? false,
    ],
  );
}
