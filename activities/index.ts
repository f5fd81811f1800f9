import type { ActivityDeps } from './deps.ts';
import { createEraseIntegration } from './erase-integration.ts';
import { createPlanSync } from './plan-sync.ts';
import { createRecordFailures } from './record-failures.ts';
import { createSweepEndpoint } from './sweep-endpoint.ts';
import { createSyncEndpoint } from './sync-endpoint.ts';
import { createTidyUp } from './tidy-up.ts';

export type { ActivityDeps, PageEvent } from './deps.ts';

/** The activities with what they need. Workflows know them by this type alone. */
export function createActivities(deps: ActivityDeps) {
  return {
    planSync: createPlanSync(deps),
    syncEndpoint: createSyncEndpoint(deps),
    sweepEndpoint: createSweepEndpoint(deps),
    recordFailures: createRecordFailures(deps),
    tidyUp: createTidyUp(deps),
    eraseIntegration: createEraseIntegration(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
