import { endpointsWith, type Category, type EndpointDefinition } from '../domain/catalogue/index.ts';
import { choiceOf, leftOutBy, leftOutOf, NO_CHOICE, type Choice } from '../domain/choice.ts';
import { eraseLeftOutSome, holdersOf } from '../store/records/erase-left-out.ts';
import { countRows } from '../store/records/row-counts.ts';
import { listIntegrations, type Integration } from '../store/state/integrations.ts';
import type { OperationDeps } from './deps.ts';
import { requireIntegration } from './require.ts';

export interface ErasedTable {
  table: string;
  rows: number;
}

type Deps = Pick<OperationDeps, 'store' | 'config' | 'signal'>;

/** Endpoints that the settings or the integration's choice leave out, including those of EXTRA_ENDPOINTS. */
export function leftOutFor(
  integration: Choice & { category: Category },
  settings: Deps['config'],
): EndpointDefinition[] {
  return endpointsWith(settings.EXTRA_ENDPOINTS).filter(
    (endpoint) =>
      endpoint.category === integration.category && leftOutBy(endpoint, integration, settings) !== null,
  );
}

/** How many rows are not chosen, by table: for one integration what it leaves out, else what the settings leave out. */
export function countNotChosen(
  { store, config }: Pick<Deps, 'store' | 'config'>,
  of?: { integrationId: string; leftOut: readonly EndpointDefinition[] },
): Promise<ErasedTable[]> {
  if (of) return countRows(store, of.integrationId, of.leftOut);
  return countRows(store, null, leftOutOf(choiceOf(config), config));
}

/** Erases, for all integrations, what the settings leave out and what each one's own choice leaves out. */
export async function eraseAllNotChosen(
  deps: Deps,
  onRows: (erased: ErasedTable) => void = () => {},
): Promise<ErasedTable[]> {
  const erased = await eraseNotChosen(deps, { onRows });
  for (const { id } of await withChoice(deps.store)) {
    erased.push(...(await eraseNotChosen(deps, { integrationId: id, onRows })));
  }
  return byTable(erased);
}

/** How many rows `eraseAllNotChosen` would erase, by table. */
export async function countAllNotChosen(deps: Pick<Deps, 'store' | 'config'>): Promise<ErasedTable[]> {
  const found = await countNotChosen(deps);
  const bySettings = new Set(found.map(({ table }) => table));
  for (const integration of await withChoice(deps.store)) {
    const leftOut = leftOutFor(integration, deps.config).filter(({ table }) => !bySettings.has(table));
    found.push(...(await countNotChosen(deps, { integrationId: integration.id, leftOut })));
  }
  return byTable(found);
}

async function withChoice(store: Deps['store']): Promise<Integration[]> {
  const all = await listIntegrations(store);
  return all.filter(({ models, excludeModels }) => models !== null || excludeModels !== null);
}

function byTable(tables: readonly ErasedTable[]): ErasedTable[] {
  const sums = new Map<string, number>();
  for (const { table, rows } of tables) sums.set(table, (sums.get(table) ?? 0) + rows);
  return [...sums].map(([table, rows]) => ({ table, rows }));
}

/**
 * Erases the rows of endpoints that are not chosen, and what is stored about their reads. For one integration: what its
 * choice or the settings leave out. For all: what the settings leave out. Steps are small, so that nothing waits long.
 * If it broke off, call it again to continue. The caller writes the audit log.
 */
export async function eraseNotChosen(
  deps: Deps,
  {
    integrationId,
    onRows = () => {},
  }: { integrationId?: string; onRows?: (erased: ErasedTable) => void } = {},
): Promise<ErasedTable[]> {
  const erased: ErasedTable[] = [];
  const note = (done: ErasedTable) => {
    if (done.rows === 0) return;
    erased.push(done);
    onRows(done);
  };
  if (integrationId !== undefined) {
    const integration = await requireIntegration(deps.store, integrationId);
    for (const endpoint of leftOutFor(integration, deps.config)) {
      const bySettings = leftOutBy(endpoint, NO_CHOICE, deps.config) !== null;
      note({ table: endpoint.table, rows: await eraseOf(deps, integrationId, endpoint, bySettings) });
    }
    return erased;
  }
  for (const endpoint of leftOutOf(choiceOf(deps.config), deps.config)) {
    let rows = 0;
    for (let after = ''; ;) {
      const ids = await holdersOf(deps.store, endpoint, after);
      for (const id of ids) rows += await eraseOf(deps, id, endpoint, true);
      if (ids.length === 0) break;
      after = ids.at(-1)!;
    }
    note({ table: endpoint.table, rows });
  }
  return erased;
}

async function eraseOf(
  { store, signal }: Deps,
  integrationId: string,
  endpoint: EndpointDefinition,
  bySettings: boolean,
): Promise<number> {
  let rows = 0;
  for (;;) {
    signal?.throwIfAborted();
    const some = await eraseLeftOutSome(store, { integrationId, endpoint, bySettings });
    if (some === undefined) return rows;
    rows += some;
  }
}
