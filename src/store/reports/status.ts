import { type Debt, type Failure, isFailing, refusalOf } from '../../domain/decide.ts';
import { DEBT_KINDS, type DebtKind, LOOK_UP } from '../../domain/reads.ts';
import { IS_FAILING, toDebt } from '../state/debts.ts';
import { ALL_MODELS, selectEndpoints, type Chooser, type EndpointSettings } from '../../domain/choice.ts';
import { NO_ROWS, readRowCounts } from '../records/row-counts.ts';
import type { Store } from '../database.ts';
import { historyOf, readHistory } from '../state/endpoint-history.ts';
import { findIntegration } from '../state/integrations.ts';
import type { Pass } from '../state/passes.ts';
import { summarisePass, type PassSummary } from './history.ts';

export interface EndpointStatus {
  endpoint: string;
  table: string;
  watermark: Date | null;
  lastPass: PassSummary | null;
  lastFull: Date | null;
  liveRows: number;
  rejectedRecords: number;
  disabled: { code: string; message: string; since: Date } | null;
  /** You have not chosen it, so it is not read; its rows stay. */
  notChosen: { by: Chooser; since: Date | null } | null;
  /** The reads that are owed, and why they failed. None if the endpoint is not chosen. */
  owed: OwedRead[];
}

/** Every endpoint that is read for the integration or could be chosen. @throws RangeError if it is unknown. */
export async function endpointStatuses(
  store: Store,
  integrationId: string,
  settings: EndpointSettings = ALL_MODELS,
): Promise<EndpointStatus[]> {
  const integration = await findIntegration(store, integrationId);
  if (!integration) throw new RangeError(`No integration ${integrationId}.`);
  const { all, notChosen } = selectEndpoints(integration, settings);
  const leftOut = new Map(notChosen.map(({ endpoint, by }) => [endpoint, by]));
  const [history, newest, rejected, counts] = await Promise.all([
    readHistory(
      store,
      integrationId,
      all.map(({ path }) => path),
    ),
    newestPasses(
      store,
      integrationId,
      all.map(({ path }) => path),
    ),
    rejectedCounts(store, integrationId),
    readRowCounts(store, integrationId),
  ]);
  return all.map(({ path, table }) => {
    const { watermark, lastFull, debts } = historyOf(history, path);
    const refusal = refusalOf({ debts })?.failure;
    const by = leftOut.get(path);
    return {
      endpoint: path,
      table,
      watermark,
      lastFull,
      lastPass: newest.find((pass) => pass.endpoint === path) ?? null,
      liveRows: (counts.get(table) ?? NO_ROWS).live,
      rejectedRecords: rejected.get(path) ?? 0,
      disabled: refusal ? { code: refusal.code, message: refusal.message, since: refusal.since } : null,
      // It has been owed in full since then, in case you choose it again.
      notChosen: by ? { by, since: (watermark && debts.full?.since) ?? null } : null,
      owed: DEBT_KINDS.flatMap((kind) => {
        const debt = debts[kind];
        if (!debt || by) return [];
        const { since, dueAt, failure } = debt;
        return [{ kind, since, dueAt, failure }];
      }),
    };
  });
}

async function newestPasses(
  store: Store,
  integrationId: string,
  paths: readonly string[],
): Promise<PassSummary[]> {
  const { rows } = await store.pool.query<Pass>(
    `select newest.* from unnest($2::text[]) as e(path)
     cross join lateral (
       select * from kombo_sync.passes p where p.integration_id = $1 and p.endpoint = e.path
       order by p.started_at desc, p.id desc limit 1) newest`,
    [integrationId, paths],
  );
  return rows.map(summarisePass);
}

async function rejectedCounts(store: Store, integrationId: string): Promise<Map<string, number>> {
  const rows = await store.db
    .selectFrom('kombo_sync.rejected_records')
    .select((eb) => ['endpoint', eb.fn.countAll<number>().as('records')])
    .where('integration_id', '=', integrationId)
    .groupBy('endpoint')
    .execute();
  return new Map(rows.map((row) => [row.endpoint, row.records]));
}

/** A read that is owed, and why it has failed. */
export interface OwedRead extends Omit<Debt, 'askedSeq'> {
  kind: DebtKind;
}

/** A read whose last tries have failed. */
export interface FailingRead extends Failure {
  integrationId: string;
  /** Path of an endpoint, or of the integration itself for a look-up. */
  endpoint: string;
  kind: DebtKind;
  /** When it is tried again; null if the next sync of any kind tries it. */
  nextTryAt: Date | null;
}

/** The owed reads that failed. Those that need you come first. */
export function failuresOf(owed: readonly OwedRead[]): (OwedRead & { failure: Failure })[] {
  return owed
    .filter((debt) => isFailing(debt))
    .sort((a, b) => Number(b.failure.needsAttention) - Number(a.failure.needsAttention));
}

/** The name under which you see a read. */
export const readName = ({ endpoint, kind }: { endpoint: string; kind: DebtKind }) =>
  endpoint === LOOK_UP ? 'look-up' : kind === 'delta' ? endpoint : `${endpoint} (${kind})`;

/** The failing reads of these integrations. Those that need you come first. */
export async function listFailing(store: Store, integrationIds: readonly string[]): Promise<FailingRead[]> {
  if (integrationIds.length === 0) return [];
  const { rows } = await store.pool.query<FailingRow>(
    `select * from kombo_sync.debts where integration_id = any($1) and ${IS_FAILING}
     order by needs_attention desc, integration_id, endpoint, kind`,
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
