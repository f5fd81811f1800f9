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
 * Does what you asked for, and keeps who did what, when and from where. An act is noted before it is done: one that
 * cannot be noted is not done.
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
 * Looks whether an act can be done at all. One that is refused, since there is no such integration or since it is in another
 * state, is kept as one that failed. A request that is wrong in itself is none.
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
