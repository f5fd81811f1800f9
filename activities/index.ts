import { createEraseIntegration } from './erase-integration.ts';
import { createKeepForLater } from './keep-for-later.ts';
import { createLookUpIntegration } from './look-up-integration.ts';
import { createNoteIssue } from './note-issue.ts';
import { createStartSync } from './start-sync.ts';
import type { ActivityDeps } from './support/deps.ts';
import { createSyncEndpoint } from './sync-endpoint.ts';
import { createTidyUp } from './tidy-up.ts';

export type { ActivityDeps, ActivityTemporal, PageEvent } from './support/deps.ts';

/** Creates the activities with their dependencies. Workflows know only the type. */
export function createActivities(deps: ActivityDeps) {
  return {
    startSync: createStartSync(deps),
    lookUpIntegration: createLookUpIntegration(deps),
    syncEndpoint: createSyncEndpoint(deps),
    keepForLater: createKeepForLater(deps),
    tidyUp: createTidyUp(deps),
    eraseIntegration: createEraseIntegration(deps),
    noteIssue: createNoteIssue(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
