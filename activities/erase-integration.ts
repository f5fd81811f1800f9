import { SyncError } from '../src/domain/errors.ts';
import { isBack, REMOVED } from '../src/domain/life.ts';
import type { EraseInput } from '../src/domain/sync.ts';
import { databaseTime } from '../src/store/database.ts';
import { eraseSome, markErased } from '../src/store/records/erase.ts';
import { findIntegration, type Integration } from '../src/store/state/integrations.ts';
import type { ActivityDeps } from './support/deps.ts';
import { asFailures } from './support/failures.ts';
import { keepAlive } from './support/liveness.ts';

type EraseStep =
  /** Some rows are gone, more are left. */
  | { state: 'erasing'; rows: number }
  | { state: 'erased'; rows: number }
  /** It is no longer removed, or DELETED_RETENTION is off. */
  | { state: 'kept'; rows: 0 }
  /** DELETED_RETENTION ends in `inMs` milliseconds. */
  | { state: 'early'; rows: 0; inMs: number };

/** Erases the data of a removed integration, one time box per call. */
export function createEraseIntegration(deps: ActivityDeps) {
  return async function eraseIntegration({ integrationId, now = false }: EraseInput): Promise<EraseStep> {
    return asFailures(async () => {
      using liveness = keepAlive();
      const integration = await findIntegration(deps.store, integrationId);
      if (integration?.status !== 'removed' || !integration.removedAt) return { state: 'kept', rows: 0 };
      if (!now) {
        const retention = deps.settings.DELETED_RETENTION;
        if (retention === null) return { state: 'kept', rows: 0 };
        const now = await databaseTime(deps.store);
        const inMs = integration.removedAt.getTime() + retention - now.getTime();
        if (inMs > 0) return { state: 'early', rows: 0, inMs };
        if (await isThere(deps, integration, liveness.signal)) {
          await deps.temporal.wake(integrationId);
          return { state: 'kept', rows: 0 };
        }
      }
      const until = performance.now() + (deps.chunkMs ?? deps.settings.CHUNK);
      let rows = 0;
      for (;;) {
        const deleted = await eraseSome(deps.store, integrationId);
        rows += deleted;
        liveness.report({ rows });
        if (deleted === 0) break;
        liveness.signal.throwIfAborted();
        if (liveness.isShuttingDown() || performance.now() >= until) return { state: 'erasing', rows };
      }
      await markErased(deps.store, integrationId);
      deps.log.info({ integrationId, rows }, 'The data of a removed integration is erased');
      return { state: 'erased', rows };
    });
  };
}

/** A 404 may have been a mistake: what is removed because of one is looked up again before its data are gone for good. */
async function isThere(deps: ActivityDeps, integration: Integration, signal: AbortSignal): Promise<boolean> {
  if (integration.statusCode !== REMOVED.unknown) return false;
  try {
    const found = await deps.kombo.getIntegration(integration.id, { signal });
    return isBack({ code: integration.statusCode, at: integration.removedAt }, found);
  } catch (error) {
    if (error instanceof SyncError && error.errorClass === 'IntegrationGone') return false;
    throw error;
  }
}
