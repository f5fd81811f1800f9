import type { Action } from '../domain/audit.ts';
import { explain } from '../outages/index.ts';
import { beginAudit, endAudit } from '../store/state/audit.ts';
import type { OperationDeps } from './deps.ts';
import { OperationError, type Refusal } from './errors.ts';

export interface Act {
  action: Action;
  integrationId: string | null;
  details?: Record<string, unknown>;
}

type Deps = Pick<OperationDeps, 'store' | 'actor'>;

/**
 * Does the act, and records in the audit log who did what, when and from where. The record comes first: an act that
 * cannot be recorded is not done.
 */
export async function audited<T>(deps: Deps, act: Act, work: () => Promise<T>): Promise<T> {
  const { store } = deps;
  const id = await begin(deps, act);
  try {
    const result = await work();
    await endAudit(store, id, { outcome: 'done' });
    return result;
  } catch (error) {
    await endAudit(store, id, { outcome: 'failed', message: explain(error) }).catch(() => {});
    throw error;
  }
}

const WRONG_IN_ITSELF: readonly Refusal[] = ['invalid', 'unknown-name'];

/**
 * Checks whether an act can be done. If it is refused because of the integration (unknown, or in the wrong state), the
 * audit log records it as failed. A request that is itself wrong is not recorded.
 */
export async function permitted<T>(deps: Deps, act: Act, look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof OperationError && !WRONG_IN_ITSELF.includes(error.refusal)) {
      const id = await begin(deps, act);
      await endAudit(deps.store, id, { outcome: 'failed', message: error.message });
    }
    throw error;
  }
}

function begin({ actor, store }: Deps, { action, integrationId, details = {} }: Act): Promise<number> {
  const { name, source, address } = actor;
  return beginAudit(store, { actor: name, source, address, action, integrationId, details });
}
