import { CATALOGUE, type Category, type EndpointDefinition } from '../domain/catalogue/index.ts';
import { choiceOf, leftOutBy, leftOutOf, NO_CHOICE, type Choice } from '../domain/choice.ts';
import { countRows, eraseLeftOutSome, holdersOf } from '../store/records/erase-left-out.ts';
import type { OperationDeps } from './deps.ts';
import { requireIntegration } from './require.ts';

export interface ErasedTable {
  table: string;
  rows: number;
}

type Deps = Pick<OperationDeps, 'store' | 'config' | 'signal'>;

/** What the settings or an integration leave out, whether EXTRA_ENDPOINTS names it or not. */
export function leftOutFor(
  integration: Choice & { category: Category },
  settings: Deps['config'],
): EndpointDefinition[] {
  return CATALOGUE.filter(
    (endpoint) =>
      endpoint.category === integration.category && leftOutBy(endpoint, integration, settings) !== null,
  );
}

/** How many rows are not chosen, by table: of one integration what is left out of it, else of all what the settings leave out. */
export function countNotChosen(
  { store, config }: Pick<Deps, 'store' | 'config'>,
  of?: { integrationId: string; leftOut: readonly EndpointDefinition[] },
): Promise<ErasedTable[]> {
  if (of) return countRows(store, of.integrationId, of.leftOut);
  return countRows(store, null, leftOutOf(choiceOf(config)));
}

/**
 * Erases the rows of what is not chosen, with what is known of its reads: of one integration what its choice or the settings
 * leave out, of all integrations what the settings leave out. Small steps, so that nothing waits long; repeated, it goes on
 * where it broke off. The caller audits it.
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
  for (const endpoint of leftOutOf(choiceOf(deps.config))) {
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
