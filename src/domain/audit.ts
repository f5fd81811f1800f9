/** The acts, by their names in the audit log. */
export const ACTIONS = [
  'add',
  'remove',
  'pause',
  'resume',
  'cancel',
  'sync-now',
  'full-sync',
  'full-sync-all',
  'erase-record',
  'purge-fields',
  'grant',
  'set',
  'reset-consumer',
  'remove-consumer',
  'retry-consumer',
] as const;
export type Action = (typeof ACTIONS)[number];

/** By which way it was asked for. */
export const AUDIT_SOURCES = ['cli', 'api', 'page'] as const;
export type AuditSource = (typeof AUDIT_SOURCES)[number];

/** The outcome of an act. If it stays `started`, the act was interrupted. */
export const AUDIT_OUTCOMES = ['started', 'done', 'failed'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];
