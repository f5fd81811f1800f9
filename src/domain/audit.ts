/** What is done by hand, as the audit log calls it. */
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
] as const;
export type Action = (typeof ACTIONS)[number];

/** By which way it was asked for. */
export const AUDIT_SOURCES = ['cli', 'api', 'page'] as const;
export type AuditSource = (typeof AUDIT_SOURCES)[number];

/** What has become of it. One that stays `started` broke off. */
export const AUDIT_OUTCOMES = ['started', 'done', 'failed'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];
