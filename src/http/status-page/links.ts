import { writeQuery, type PageQuery } from './query.ts';

/** Where Temporal's UI shows what. */
export interface TemporalUi {
  url: string;
  namespace: string;
}

const namespaceUrl = ({ url, namespace }: TemporalUi) =>
  `${url.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}`;

export const temporalWorkflows = (ui: TemporalUi) => `${namespaceUrl(ui)}/workflows`;

export function temporalIntegration(ui: TemporalUi, integrationId: string): string {
  const value = integrationId.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  return `${namespaceUrl(ui)}/workflows?query=${encodeURIComponent(`KomboIntegrationId="${value}"`)}`;
}

export const temporalRun = (ui: TemporalUi, workflowId: string, runId: string) =>
  `${namespaceUrl(ui)}/workflows/${encodeURIComponent(workflowId)}/${encodeURIComponent(runId)}/history`;

export const temporalSchedule = (ui: TemporalUi, scheduleId: string) =>
  `${namespaceUrl(ui)}/schedules/${encodeURIComponent(scheduleId)}`;

/** Pages of our own. They keep refreshing while one walks through them. */
export const listPath = (query: Partial<PageQuery>) => `/${writeQuery(query)}`;

export const integrationPath = (integrationId: string, { refresh }: Pick<PageQuery, 'refresh'>) =>
  `/integrations/${encodeURIComponent(integrationId)}${writeQuery({ refresh })}`;
