import type { ActivityTemporal } from '../../activities/deps.ts';

/** For activities that run without a Temporal server. */
export const noTemporal: ActivityTemporal = {
  ensureSchedules: () => Promise.resolve('unchanged'),
  deleteSchedules: () => Promise.resolve(),
  cancelSyncs: () => Promise.resolve([]),
  planErasure: () => Promise.resolve(),
  cancelErasure: () => Promise.resolve(),
  wake: () => Promise.resolve(),
};
