import type { EndpointDefinition } from '../domain/catalogue/index.ts';
import { storedEndpoints } from '../store/state/extra-endpoints.ts';
import { eraseRecord, findMentions, findRecord, type Mentions } from '../store/records/erase-records.ts';
import { audited, permitted } from './audited.ts';
import type { OperationDeps } from './deps.ts';
import { invalid, notFound } from './errors.ts';
import { requireIntegration } from './require.ts';

export interface RecordName {
  /** For example `hris_employees`. */
  table: string;
  integrationId: string;
  id: string;
}

export interface ErasedRecord extends RecordName {
  /** The state of its row before; null if there was no row. */
  row: 'live' | 'deleted' | 'erased' | null;
  /** Rejected copies of the record, which are erased too. */
  setAside: number;
  /** Entries of the change feed that name it. They hold its id but no field, and stay. */
  changes: number;
  /** Other records that name it and may hold a copy of it. */
  mentions: Mentions[];
}

type Deps = Pick<OperationDeps, 'store' | 'actor'>;

/** What is stored of a record. @throws OperationError if nothing is */
export async function findErasable({ store }: Pick<Deps, 'store'>, name: RecordName): Promise<ErasedRecord> {
  const { integrationId, id } = name;
  const endpoint = await endpointOf(store, name.table);
  await requireIntegration(store, integrationId);
  const kept = await findRecord(store, integrationId, endpoint, id);
  if (kept.row === null && kept.setAside === 0) {
    throw notFound(
      `There is no record ${id} of ${integrationId} in ${store.schemas.data}.${endpoint.table}.`,
    );
  }
  return { ...name, ...kept, mentions: await findMentions(store, integrationId, endpoint, id) };
}

/**
 * Erases one record everywhere. Its row stays with its key but without its fields, so that consumers see it as erased
 * and a tombstone does not bring it back. If Kombo returns the record as live again, it comes back.
 */
export async function eraseOne(deps: Deps, name: RecordName): Promise<ErasedRecord> {
  const { table, integrationId, id } = name;
  const act = { action: 'erase-record', integrationId, details: { table, id } } as const;
  const kept = await permitted(deps, act, () => findErasable(deps, name));
  return audited(deps, act, async () => {
    await eraseRecord(deps.store, integrationId, await endpointOf(deps.store, table), id);
    return kept;
  });
}

/** The table's name may have the schema before it. */
async function endpointOf(store: Deps['store'], table: string): Promise<EndpointDefinition> {
  const prefix = `${store.schemas.data}.`;
  const bare = table.startsWith(prefix) ? table.slice(prefix.length) : table;
  const found = (await storedEndpoints(store.pool)).find((endpoint) => endpoint.table === bare);
  if (!found) throw invalid(`There is no table ${table}. Name one such as hris_employees.`);
  return found;
}
