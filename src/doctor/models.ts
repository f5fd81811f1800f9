import { knownModels } from '../domain/catalogue/index.ts';
import type { Store } from '../store/database.ts';
import { listUnknownModels } from '../store/state/unknown-models.ts';
import { ok, warn, type Check } from './check.ts';

/** Kombo adds models. Those that webhooks name but this version does not know are not read. */
export async function checkModels(store: Store): Promise<Check> {
  const names = (await listUnknownModels(store, knownModels(store.extraEndpoints))).map(({ name }) => name);
  if (names.length === 0) return ok('Models', 'all that webhooks have named are known');
  const some = names.slice(0, 5).join(', ');
  return warn(
    'Models',
    `webhooks name ${names.length} that this version does not know: ${some}${names.length > 5 ? ', …' : ''}`,
    'Nothing is read for them. Install a newer version of kombo-sync, or name the paths of their endpoints in EXTRA_ENDPOINTS.',
  );
}
