import { KOMBO_INTEGRATION_ID } from './names.ts';
import { escapeQuery } from './schedule-state.ts';

/** Where Temporal's UI is, and which namespace it shows. */
export interface TemporalUi {
  url: string;
  namespace: string;
}

/** The page of one run. */
export function runUrl(ui: TemporalUi, run: { workflowId: string; runId: string }): string {
  return `${base(ui)}/${encodeURIComponent(run.workflowId)}/${encodeURIComponent(run.runId)}/history`;
}

/** All runs of an integration. */
export function integrationUrl(ui: TemporalUi, integrationId: string): string {
  const query = `${KOMBO_INTEGRATION_ID.name} = '${escapeQuery(integrationId)}'`;
  return `${base(ui)}?query=${encodeURIComponent(query)}`;
}

function base({ url, namespace }: TemporalUi): string {
  return `${url.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows`;
}
