import { WORKFLOW_TYPES } from '../temporal/names.ts';
import type { HttpDeps } from './deps.ts';

/** Addresses in Temporal's UI; null while it is not known where that is. */
export function createTemporalLinks(deps: HttpDeps) {
  const ui = (deps.temporalUiUrl ?? deps.config.TEMPORAL_UI_URL)?.replace(/\/+$/, '');
  const workflows = `${ui}/namespaces/${encodeURIComponent(deps.temporal.namespace)}/workflows`;
  return {
    run: (workflowId: string, runId: string): string | null =>
      ui === undefined
        ? null
        : `${workflows}/${encodeURIComponent(workflowId)}/${encodeURIComponent(runId)}/history`,
    fullSyncs: (): string | null =>
      ui === undefined
        ? null
        : `${workflows}?query=${encodeURIComponent(`WorkflowType="${WORKFLOW_TYPES.fullSync}"`)}`,
  };
}

export type TemporalLinks = ReturnType<typeof createTemporalLinks>;
