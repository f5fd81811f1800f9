import type { Store } from '../store/database.ts';
import { integrationsToRecount, recount } from '../store/records/row-counts.ts';
import { storedEndpoints } from '../store/state/extra-endpoints.ts';

export interface Recounted {
  /** Counts that were compared with the rows, one for each integration and table. */
  compared: number;
  /** Of these, how many were wrong or missing. */
  corrected: number;
}

interface RecountOptions {
  store: Store;
  /** Otherwise only rows that have no count. */
  all: boolean;
  note?: (line: string) => void;
  signal?: AbortSignal | undefined;
}

/** Counts rows again. Reads them, one integration and table at a time; nothing that is written meanwhile waits. */
export async function recountRows({
  store,
  all,
  note = () => {},
  signal,
}: RecountOptions): Promise<Recounted> {
  const done: Recounted = { compared: 0, corrected: 0 };
  for (const { table } of await storedEndpoints(store.pool)) {
    const ids = await integrationsToRecount(store, table, { all });
    if (ids.length > 0) note(`Counting the rows of ${table} …`);
    for (const id of ids) {
      signal?.throwIfAborted();
      done.compared += 1;
      if (await recount(store, id, table)) done.corrected += 1;
    }
  }
  return done;
}
