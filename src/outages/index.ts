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

/** The outage behind an error; undefined if the error is not one of Postgres, Temporal or Kombo. */
export function outageOf(error: unknown): Outage | undefined {
  for (const cause of causesOf(error)) {
    if (cause instanceof SyncError) return ofSyncError(cause, error);
    // A failed `fetch` has an error of a socket as its cause, but that is not an outage of Postgres.
    if (cause instanceof TypeError) return undefined;
    const found = ofTemporal(cause, error) ?? ofPostgres(cause, error);
    if (found) return found;
  }
  return undefined;
}

/** What happened and what to do, for a command that you run. An error that is not an outage speaks for itself. */
export function explain(error: unknown): string {
  const outage = outageOf(error);
  if (outage) return `${outage.what} ${outage.remedy}`;
  return error instanceof Error ? error.message || error.name : String(error);
}

type PartAndKind = ['kombo', KomboKind] | ['postgres', PostgresKind] | ['temporal', TemporalKind];

/** For each error class, which part fails and how; null is a bug. */
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
