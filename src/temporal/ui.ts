import { escapeQuery, KOMBO_INTEGRATION_ID, WORKFLOW_TYPES } from '../domain/names.ts';

/** The URL of Temporal's UI, and the namespace that it shows. */
export interface TemporalUi {
  url: string;
  namespace: string;
}

/** Links into Temporal's UI; null if its URL is not known. */
export function createTemporalLinks(ui: TemporalUi | undefined) {
  return {
    run: (run: { workflowId: string; runId: string }) => (ui ? runUrl(ui, run) : null),
    integration: (id: string) => (ui ? integrationUrl(ui, id) : null),
    fullSyncs: () => (ui ? fullSyncsUrl(ui) : null),
  };
}

export type TemporalLinks = ReturnType<typeof createTemporalLinks>;

/** All runs in the namespace, or those that a query finds. */
export function workflowsUrl(ui: TemporalUi, query?: string): string {
  return `${base(ui)}/workflows${query === undefined ? '' : `?query=${encodeURIComponent(query)}`}`;
}

/** All runs of an integration. */
export function integrationUrl(ui: TemporalUi, integrationId: string): string {
  return workflowsUrl(ui, `${KOMBO_INTEGRATION_ID.name} = '${escapeQuery(integrationId)}'`);
}

function fullSyncsUrl(ui: TemporalUi): string {
  return workflowsUrl(ui, `WorkflowType = '${WORKFLOW_TYPES.fullSync}'`);
}

/** The page of one run. */
export function runUrl(ui: TemporalUi, run: { workflowId: string; runId: string }): string {
  return `${base(ui)}/workflows/${encodeURIComponent(run.workflowId)}/${encodeURIComponent(run.runId)}/history`;
}

export function scheduleUrl(ui: TemporalUi, scheduleId: string): string {
  return `${base(ui)}/schedules/${encodeURIComponent(scheduleId)}`;
}

function base({ url, namespace }: TemporalUi): string {
  return `${url.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}`;
}
