import {
  outageOf,
  postgresOutage,
  temporalOutage,
  type KomboKind,
  type KomboOutage,
  type Outage,
  type PostgresKind,
  type PostgresOutage,
  type TemporalKind,
  type TemporalOutage,
} from '../../outages/index.ts';
import { HttpError, INTERNAL, type ProblemCode } from './problems.ts';
import { NoAnswer } from '../../within.ts';

/** After how many seconds to try again while a part is away. */
const RETRY_AFTER = 5;

/** The problem for an error that the caller did not cause: a part that the service needs is away, or a bug. */
export function failureProblem(error: unknown): HttpError {
  if (error instanceof NoAnswer) {
    const message =
      'It did not end in time and may still complete. GET /api/v1/audit shows whether it did. See also /readyz.';
    return new HttpError(503, 'timeout', message, { cause: error, retryAfter: RETRY_AFTER });
  }
  const outage = outageOf(error);
  const problem = outage && outageProblem(outage);
  return problem ?? new HttpError(500, 'internal', INTERNAL, { cause: error });
}

export const postgresAway = (cause: unknown) => away(postgresOutage('late', { cause }), RETRY_AFTER);
export const temporalAway = (cause: unknown) => away(temporalOutage('late', { cause }), RETRY_AFTER);

/** Seconds until trying again may help; null if you must act first; 'bug' if the part itself is fine. */
const RETRIES: Record<PostgresKind | TemporalKind, number | null | 'bug'> = {
  away: RETRY_AFTER,
  late: RETRY_AFTER,
  busy: RETRY_AFTER,
  'refused-credentials': RETRY_AFTER,
  denied: RETRY_AFTER,
  untrusted: RETRY_AFTER,
  'no-database': RETRY_AFTER,
  'no-namespace': RETRY_AFTER,
  'read-only': RETRY_AFTER,
  'behind-schema': null,
  failed: 'bug',
};

const OF_KOMBO: Record<KomboKind, readonly [status: number, code: ProblemCode]> = {
  away: [503, 'kombo_unavailable'],
  busy: [503, 'kombo_unavailable'],
  'refused-credentials': [502, 'kombo_refused'],
  rejected: [502, 'kombo_refused'],
};

function outageProblem(outage: Outage): HttpError | undefined {
  if (outage.part === 'kombo') return ofKombo(outage);
  const retryAfter = RETRIES[outage.kind];
  return retryAfter === 'bug' ? undefined : away(outage, retryAfter);
}

/** The reasons that Postgres and Temporal give are logged but not answered. */
function away(
  { part, brief, remedy, cause }: PostgresOutage | TemporalOutage,
  retryAfter: number | null,
): HttpError {
  const code = part === 'postgres' ? 'database_unavailable' : 'temporal_unavailable';
  const message = `${brief}. ${remedy} See also /readyz.`;
  return new HttpError(503, code, message, { cause, retryAfter: retryAfter ?? undefined });
}

function ofKombo({ kind, what, remedy, retryAfterMs, cause }: KomboOutage): HttpError {
  const [status, code] = OF_KOMBO[kind];
  const seconds = retryAfterMs === undefined ? RETRY_AFTER : Math.ceil(retryAfterMs / 1_000);
  const retryAfter = status === 503 ? seconds : undefined;
  return new HttpError(status, code, `${what} ${remedy}`, { cause, retryAfter });
}
