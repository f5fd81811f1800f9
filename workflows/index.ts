/** Everything that a worker registers as workflows. */
export { fullSync } from './full-sync.ts';
export { integrationSync } from './integration-sync.ts';
