import type { ActivityTemporal } from '../../activities/index.ts';

/** For activities that run without a Temporal server. */
export const noTemporal: ActivityTemporal = {
  wake: () => Promise.resolve(),
  settle: () => Promise.resolve(),
};
