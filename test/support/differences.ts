import { isDeepStrictEqual } from 'node:util';
import type { SandboxControl } from '../../sandbox/index.ts';
import { CATEGORIES, enabledEndpoints } from '../../src/domain/catalogue/index.ts';
import type { Store } from '../../src/store/database.ts';

/** Tables that are read with default settings. */
const READ = new Set(CATEGORIES.flatMap((category) => enabledEndpoints(category)).map(({ table }) => table));

/** The records that differ between the copy of an integration and Kombo, each as 'table id'. */
export async function findDifferences(
  store: Pick<Store, 'pool'>,
  control: SandboxControl,
  integrationId: string,
): Promise<string[]> {
  const found: string[] = [];
  for (const table of control.tables(integrationId).filter((name) => READ.has(name))) {
    const { rows } = await store.pool.query<{ id: string; raw: object; deleted: boolean }>(
      `select id, raw, deleted_at is not null as deleted from kombo.${table} where integration_id = $1`,
      [integrationId],
    );
    const copy = new Map(rows.map((row) => [row.id, row]));
    const kombo = control.snapshot(integrationId, table);
    for (const id of new Set([...copy.keys(), ...kombo.keys()])) {
      const [row, record] = [copy.get(id), kombo.get(id)];
      const deleted = !record || (record['remote_deleted_at'] ?? null) !== null;
      const same = row?.deleted === deleted && (!record || isDeepStrictEqual(row.raw, record));
      if (!same) found.push(`${table} ${id}`);
    }
  }
  return found;
}
