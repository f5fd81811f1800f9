import { isFailing, type Debt, type Failure } from '../domain/decide.ts';
import { LOOK_UP, type DebtKind } from '../domain/sync.ts';
import type { Store } from './database.ts';
import { IS_FAILING, toDebt } from './state/debts.ts';

/** A read that is owed, and why it has failed. */
export interface OwedRead extends Debt {
  kind: DebtKind;
}

/** A read whose last tries have failed. */
export interface FailingRead extends Failure {
  integrationId: string;
  /** Path of an endpoint, or of the integration itself for a look-up. */
  endpoint: string;
  kind: DebtKind;
  /** When it is tried again; null when the next sync of any kind does that. */
  nextTryAt: Date | null;
}

/** What of the things that are owed has failed: what needs you first. */
export function failuresOf(owed: readonly OwedRead[]): (OwedRead & { failure: Failure })[] {
  return owed
    .filter((debt): debt is OwedRead & { failure: Failure } => isFailing(debt))
    .sort((a, b) => Number(b.failure.needsPerson) - Number(a.failure.needsPerson));
}

/** How a read is called where people see it. */
export const readName = ({ endpoint, kind }: { endpoint: string; kind: DebtKind }) =>
  endpoint === LOOK_UP ? 'look-up' : kind === 'delta' ? endpoint : `${endpoint} (${kind})`;

/** The failing reads of these integrations, those that need you first. */
export async function listFailing(store: Store, integrationIds: readonly string[]): Promise<FailingRead[]> {
  if (integrationIds.length === 0) return [];
  const { rows } = await store.pool.query<FailingRow>(
    `select * from kombo_sync.debts where integration_id = any($1) and ${IS_FAILING}
     order by needs_person desc, integration_id, endpoint, kind`,
    [integrationIds],
  );
  return rows.map((row) => {
    const { dueAt, failure } = toDebt(row);
    return {
      integrationId: row.integration_id,
      endpoint: row.endpoint,
      kind: row.kind,
      ...failure!,
      nextTryAt: dueAt,
    };
  });
}

type FailingRow = Parameters<typeof toDebt>[0] & { integration_id: string; endpoint: string; kind: DebtKind };
