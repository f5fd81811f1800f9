import { createEraseIntegration } from './erase-integration.ts';
import { createKeepForLater } from './keep-for-later.ts';
import { createLookUpIntegration } from './look-up-integration.ts';
import { createNoteIssue } from './note-issue.ts';
import { createSendNotification } from './send-notification.ts';
import { createStartSync } from './start-sync.ts';
import type { ActivityDeps } from './support/deps.ts';
import { RequestPlaces } from './support/request-places.ts';
import { createSyncEndpoint } from './sync-endpoint.ts';

export type { ActivityDeps, ActivityTemporal, PageEvent } from './support/deps.ts';

/** The activities with what they need. Workflows know them by this type alone. */
export function createActivities(given: ActivityDeps) {
  const deps = { places: new RequestPlaces(given.settings.PASSES_PER_SYNC), ...given };
  return {
    startSync: createStartSync(deps),
    lookUpIntegration: createLookUpIntegration(deps),
    syncEndpoint: createSyncEndpoint(deps),
    keepForLater: createKeepForLater(deps),
    eraseIntegration: createEraseIntegration(deps),
    noteIssue: createNoteIssue(deps),
    sendNotification: createSendNotification(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
