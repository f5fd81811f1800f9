/** Every type of webhook that Kombo's dashboard offers. */
export const WEBHOOK_TYPES = [
  'data-changed',
  'integration-created',
  'integration-deleted',
  'integration-state-changed',
  'issue-status-changed',
  'connection-flow-failed',
  'assessment:order-received',
  'inline-assessment:order-received',
  'ai-apply-application-status-updated',
  'ai-apply-job-posting-status-updated',
  'sync-finished',
  'remote-event-received',
] as const;

export type WebhookType = (typeof WEBHOOK_TYPES)[number];

export type LifecycleEvent = 'integration-created' | 'integration-deleted' | 'integration-state-changed';

export type AiApplyEvent = 'ai-apply-application-status-updated' | 'ai-apply-job-posting-status-updated';

/** `data-changed` replaces these. */
const LEGACY: readonly WebhookType[] = ['sync-finished', 'remote-event-received'];

/** The types to choose in the dashboard today. */
export const DEFAULT_SUBSCRIPTION = WEBHOOK_TYPES.filter((type) => !LEGACY.includes(type));

/** How a sync can end. */
export const SYNC_STATES = [
  'SUCCEEDED',
  'PARTIALLY_FAILED',
  'FAILED',
  'AUTHENTICATION_FAILED',
  'CANCELLED',
  'TIMED_OUT',
] as const;

export type SyncState = (typeof SYNC_STATES)[number];
