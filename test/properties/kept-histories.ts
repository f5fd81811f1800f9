import type { History } from './history.ts';

/** Histories that once ended wrongly; they are played first, for ever. */
export const KEPT: readonly History[] = [];
