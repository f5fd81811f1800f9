import { beginAudit, endAudit } from '../store/audit.ts';
import type { OperationDeps } from './deps.ts';

/**
 * Does what a person asked for, and keeps who did what, when and from where. An act is noted before it is done: one that
 * cannot be noted is not done.
 */
export async function audited<T>(
  deps: Pick<OperationDeps, 'store' | 'actor'>,
  act: { action: string; integrationId: string | null; details?: Record<string, unknown> },
  work: () => Promise<T>,
): Promise<T> {
  const { actor, store } = deps;
  const { action, integrationId, details = {} } = act;
  const id = await beginAudit(store, {
    actor: actor.name,
    source: actor.source,
    address: actor.address,
    action,
    integrationId,
    details,
  });
  try {
    const result = await work();
    await endAudit(store, id, { outcome: 'done' });
    return result;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    await endAudit(store, id, { outcome: 'failed', message }).catch(() => {});
    throw error;
  }
}
