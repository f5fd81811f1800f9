/** Everything that a worker registers as workflows. */
export { eraseIntegration } from './erase-integration.ts';
export { fullSync } from './full-sync.ts';
export { noteIssue } from './note-issue.ts';
export { notify } from './notify.ts';
export { integrationSync } from './integration-sync.ts';
