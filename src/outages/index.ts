import { SyncError, type ErrorClass } from '../domain/errors.ts';
import { causesOf } from './causes.ts';
import type { KomboKind, Outage, PostgresKind, TemporalKind } from './outage.ts';
import { ofPostgres } from './postgres.ts';
import { ofTemporal } from './temporal.ts';

export { causesOf, codeAndPeer } from './causes.ts';
export { postgresOutage, temporalOutage } from './outage.ts';
export type {
  KomboKind,
  KomboOutage,
  Outage,
  OutageKind,
  PostgresKind,
  PostgresOutage,
  TemporalKind,
  TemporalOutage,
} from './outage.ts';
export { grpcAnswer, NoConnection, Refused } from './temporal.ts';

/** What has failed; undefined when that was neither Postgres nor Temporal nor Kombo, but this program or its user. */
export function outageOf(error: unknown): Outage | undefined {
  for (const cause of causesOf(error)) {
    if (cause instanceof SyncError) return ofSyncError(cause, error);
    // A request of `fetch` that fails has the error of its socket as a cause, which is no matter of Postgres.
    if (cause instanceof TypeError) return undefined;
    const found = ofTemporal(cause, error) ?? ofPostgres(cause, error);
    if (found) return found;
  }
  return undefined;
}

/** What happened and what to do, for you who have asked for it. What is no outage is said in its own words. */
export function explain(error: unknown): string {
  const outage = outageOf(error);
  if (outage) return `${outage.what} ${outage.remedy}`;
  return error instanceof Error ? error.message || error.name : String(error);
}

type PartAndKind = ['kombo', KomboKind] | ['postgres', PostgresKind] | ['temporal', TemporalKind];

/** Which part has failed with an error of each class, and how; null is a bug. */
const BY_CLASS: Record<ErrorClass, PartAndKind | null> = {
  Unavailable: ['kombo', 'away'],
  RateLimited: ['kombo', 'busy'],
  IntegrationParked: ['kombo', 'rejected'],
  EndpointDisabled: ['kombo', 'rejected'],
  IntegrationGone: ['kombo', 'rejected'],
  AccessDenied: ['kombo', 'refused-credentials'],
  RequestRejected: ['kombo', 'rejected'],
  CursorRefused: ['kombo', 'rejected'],
  CursorRepeated: ['kombo', 'rejected'],
  AnswerTooLarge: ['kombo', 'rejected'],
  PassLost: ['postgres', 'busy'],
  TableLocked: ['postgres', 'busy'],
  WorkerLost: ['temporal', 'late'],
  Cancelled: ['temporal', 'late'],
  DatabaseUnavailable: ['postgres', 'away'],
  TemporalUnavailable: ['temporal', 'away'],
  Internal: null,
};

function ofSyncError(error: SyncError, cause: unknown): Outage | undefined {
  const found = BY_CLASS[error.errorClass];
  if (!found) return undefined;
  const { what, remedyByHand: remedy, code, retryAfterMs } = error;
  const [part, kind] = found;
  return { part, kind, brief: what, what, remedy, code, retryAfterMs, cause } as Outage;
}
