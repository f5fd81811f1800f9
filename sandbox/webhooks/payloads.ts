import type { Category } from '../../src/domain/catalogue/index.ts';
import { endUser } from '../api/integration-body.ts';
import type { Fields } from '../model/index.ts';
import type { IntegrationState } from '../state/integration.ts';
import type { LifecycleEvent, SyncState, WebhookType } from './types.ts';

export interface Payload {
  type: WebhookType;
  data: Fields;
}

export function dataChanged(integration: IntegrationState, models: readonly string[]): Payload {
  const changed_models = models.map((name) => ({ name }));
  return { type: 'data-changed', data: { ...about(integration), changed_models } };
}

/** The id is `id` if the integration is created or deleted, but `integration_id` if its state changes. */
export function lifecycle(integration: IntegrationState, type: LifecycleEvent, now: Date): Payload {
  const end_user = endUser(integration);
  if (type === 'integration-state-changed') {
    const { status, setupStatus, qaStatus } = integration.settings;
    const data = {
      ...about(integration),
      end_user,
      qa_status: qaStatus,
      setup_status: setupStatus,
      state: status,
      updated_at: now.toISOString(),
    };
    return { type, data };
  }
  const deleted = type === 'integration-deleted' ? { deleted_at: now.toISOString() } : {};
  const { id, tool, category } = integration;
  return { type, data: { id, tool, category, end_user, ...deleted } };
}

export interface EndedSync {
  id: string;
  state: SyncState;
  startedAt: Date;
  endedAt: Date;
}

export function syncFinished(integration: IntegrationState, sync: EndedSync): Payload {
  const data = {
    sync_id: sync.id,
    sync_state: sync.state,
    sync_started_at: sync.startedAt.toISOString(),
    sync_ended_at: sync.endedAt.toISOString(),
    sync_duration_seconds: Math.round((sync.endedAt.getTime() - sync.startedAt.getTime()) / 1000),
    ...about(integration),
    end_user: endUser(integration),
    log_url: logUrl('interactionId', sync.id),
  };
  return { type: 'sync-finished', data };
}

/** Kombo does not document this payload. It has what all others say about an integration. */
export function remoteEventReceived(integration: IntegrationState): Payload {
  return { type: 'remote-event-received', data: { ...about(integration), end_user: endUser(integration) } };
}

/** A customer who tried to connect a tool; there is no integration yet. */
export interface ConnectionFlow {
  tool: string;
  category: Category;
  organizationName?: string | undefined;
}

export function connectionFlowFailed(flow: ConnectionFlow, flowId: string): Payload {
  const { tool, category, organizationName = `Acme (${category})` } = flow;
  const data = {
    integration_tool: tool,
    integration_category: category,
    end_user: endUser({ organizationName }),
    log_url: logUrl('flowId', flowId),
  };
  return { type: 'connection-flow-failed', data };
}

/** `inline`: the candidate takes the assessment while applying. */
export function orderReceived(integration: IntegrationState, order: Fields, inline: boolean): Payload {
  const { id, package_id, status, candidate, application, job } = order;
  return {
    type: inline ? 'inline-assessment:order-received' : 'assessment:order-received',
    data: { id, package_id, status, integration_id: integration.id, candidate, application, job },
  };
}

/** AI Apply does not belong to an integration, and no endpoint returns its data: `fields` sets what you need. */
export function aiApplyApplication(newId: () => string, now: Date, fields: Fields): Payload {
  const at = now.toISOString();
  const application = { id: newId(), job_posting_id: newId(), status: 'SUBMITTED' };
  return {
    type: 'ai-apply-application-status-updated',
    data: { ...application, created_at: at, updated_at: at, ...fields },
  };
}

export function aiApplyJobPosting(newId: () => string, now: Date, fields: Fields): Payload {
  const at = now.toISOString();
  const id = newId();
  const data = {
    id,
    career_site: { id: newId(), label: 'Acme' },
    url: `https://careers.acme.example.com/jobs/${id}`,
    job_code: null,
    created_at: at,
    updated_at: at,
    archived_at: null,
    archived_reason: null,
    availability: 'APPLYABLE',
    ...fields,
  };
  return { type: 'ai-apply-job-posting-status-updated', data };
}

export interface RaisedIssue {
  id: string;
  type: string;
  title: string;
  message: string;
  firstObservedAt: Date;
  resolvedAt: Date | null;
}

/** Without an integration, the issue is about the whole environment. */
export function issueStatusChanged(issue: RaisedIssue, integration: IntegrationState | undefined): Payload {
  const { id, type, title, message, firstObservedAt, resolvedAt } = issue;
  const data = {
    change: resolvedAt ? 'resolved' : 'raised',
    issue: {
      id,
      type,
      title,
      status: resolvedAt ? 'RESOLVED' : 'OPEN',
      markdown_message: message,
      first_observed_at: firstObservedAt.toISOString(),
      resolved_at: resolvedAt?.toISOString() ?? null,
    },
    integration: integration
      ? {
          id: integration.id,
          tool: integration.tool,
          category: integration.category,
          end_user: endUser(integration),
        }
      : null,
  };
  return { type: 'issue-status-changed', data };
}

function about({ id, tool, category }: IntegrationState): Fields {
  return { integration_id: id, integration_tool: tool, integration_category: category };
}

function logUrl(parameter: string, id: string): string {
  return `https://app.example.com/sandbox/logs?${parameter}=${id}`;
}
