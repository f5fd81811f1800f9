import { fullSyncsUrl, runUrl, type TemporalUi } from '../temporal/ui.ts';
import type { HttpDeps } from './deps.ts';

/** Where Temporal's UI is, where that is known. */
function temporalUiOf(deps: HttpDeps): TemporalUi | undefined {
  const url = deps.temporalUiUrl ?? deps.config.TEMPORAL_UI_URL;
  return url === undefined ? undefined : { url, namespace: deps.temporal.namespace };
}

/** Addresses in Temporal's UI; null while it is not known where that is. */
export function createTemporalLinks(deps: HttpDeps) {
  const ui = temporalUiOf(deps);
  return {
    run: (workflowId: string, runId: string) => (ui ? runUrl(ui, { workflowId, runId }) : null),
    fullSyncs: () => (ui ? fullSyncsUrl(ui) : null),
  };
}

export type TemporalLinks = ReturnType<typeof createTemporalLinks>;
