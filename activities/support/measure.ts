import type { Pass } from '../../src/store/state/passes.ts';
import type { DatabaseClock } from './clock.ts';
import type { ActivityDeps } from './deps.ts';

/** A pass has ended. Its start is by the database's clock, and so is its end. */
export function measurePass(
  { meter }: Pick<ActivityDeps, 'meter'>,
  pass: Pass,
  outcome: 'completed' | 'failed' | 'skipped',
  clock: Pick<DatabaseClock, 'latest'>,
): void {
  const { integration_id: integrationId, kind, started_at: startedAt } = pass;
  meter?.pass({
    integrationId,
    kind,
    outcome,
    ms: Math.max(0, clock.latest().getTime() - startedAt.getTime()),
  });
}
