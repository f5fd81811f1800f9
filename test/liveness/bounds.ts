import type { Endpoint, Failure, Trouble } from './plan.ts';

/*
 * By when a change must be a row. All times are milliseconds of one monotonic clock.
 */

/** The debounce and some seconds, on a shared machine. */
export const SOON_MS = 8_000;
/** A failure is recorded after three tries of its page, even if it asks for two seconds between them. */
export const VISIBLE_MS = 6_000;
/** A minute after the end of all failures nothing is owed. */
export const HEALED_MS = 60_000;
/** Settings of the tested service: the pause between two tries of a failing read. */
export const RETRY_MS = { first: 1_000, longest: 2_000 };

/** What Kombo sends its own webhooks about: the records of one endpoint of one integration. */
export interface Part {
  integration: number;
  endpoint: Endpoint;
}

/** Something that keeps parts from being read, and for how long. */
export interface Harm {
  what: string;
  /** Any integration and endpoint if left out. */
  integration?: number;
  endpoint?: Endpoint;
  from: number;
  /** Infinite while it lasts. */
  until: number;
  /** How long after its end a read may still wait because of it. */
  restMs: number;
  /** Changes while it lasts are read with the next webhook that names the endpoint. */
  waitsForNews?: boolean;
}

/**
 * The time from the end of a failure until everything that it held up is being read. It follows from the bounds in
 * `src/domain/retry.ts`.
 */
function restOf(failure: Failure): number {
  switch (failure.of) {
    case 'list':
    case 'look-up':
      return restOfTrouble(failure.trouble);
    // The gate of the table stays closed for five seconds. Then the pause of the failed read ends.
    case 'data-table':
      return 5_000 + RETRY_MS.longest;
    // A failed activity is tried again after one, two and four seconds.
    case 'service-table':
      return 4_000;
    case 'sessions':
      return 2_000;
    case 'worker':
      return failure.how === 'freeze, then continue' ? REST_OF_FROZEN_MS : REST_OF_KILLED_MS;
  }
}

/** A killed worker holds its work for 35 seconds at most (invariant I26). */
const REST_OF_KILLED_MS = 35_000 - SOON_MS;
/** A frozen worker continues its work. Work that counted as lost is tried again after ten seconds at most. */
const REST_OF_FROZEN_MS = 10_000;

function restOfTrouble(trouble: Trouble): number {
  switch (trouble.kind) {
    // A try takes up to two seconds itself.
    case 'status':
      return 2_000 + RETRY_MS.longest;
    case 'code':
      return isRefusal(trouble) ? RETRY_MS.first : 2_000 + RETRY_MS.longest;
    case 'limit':
      return trouble.seconds * 1000 + 1_000;
    // A hanging request is given up after half a minute.
    case 'hang':
      return 30_000 + RETRY_MS.longest;
  }
}

/** An endpoint that the tool does not offer is not read for a day, unless a webhook names it. */
const isRefusal = (trouble: Trouble) =>
  trouble.kind === 'code' && trouble.code === 'INTEGRATION.MODEL_NOT_AVAILABLE';

/** What a failure keeps from being read after a webhook; undefined if nothing. */
export function harmOf(failure: Failure, from: number): Harm | undefined {
  const harm = { what: failure.of, from, until: Number.POSITIVE_INFINITY, restMs: restOf(failure) };
  switch (failure.of) {
    case 'list': {
      if (failure.reads !== 'all') return undefined;
      const { integration, endpoint, trouble } = failure;
      const waitsForNews = isRefusal(trouble);
      return { ...harm, integration, waitsForNews, ...(endpoint === 'all' ? {} : { endpoint }) };
    }
    case 'look-up':
      return undefined;
    case 'data-table':
      return { ...harm, endpoint: failure.endpoint };
    case 'worker':
      return { ...harm, what: failure.how };
    case 'service-table':
    case 'sessions':
      return harm;
  }
}

function touches(harm: Harm, part: Part): boolean {
  const { integration = part.integration, endpoint = part.endpoint } = harm;
  return integration === part.integration && endpoint === part.endpoint;
}

export interface Due {
  /** Infinite while something lasts that keeps it from being read. */
  at: number;
  /** The failures that delayed it. */
  because: Harm[];
}

/**
 * When a part must have been read after a webhook: soon, or soon after the end of what kept it from being read meanwhile.
 */
export function dueOf(part: Part, told: number, harms: readonly Harm[], soonMs = SOON_MS): Due {
  let at = told + soonMs;
  for (;;) {
    const because = harms.filter(
      (harm) => touches(harm, part) && harm.from <= at && harm.until + harm.restMs > told,
    );
    const ends = because.map(({ until, restMs, waitsForNews }) =>
      waitsForNews && told < until ? Number.POSITIVE_INFINITY : until + restMs,
    );
    const moved = Math.max(told, ...ends) + soonMs;
    if (moved <= at) return { at, because };
    at = moved;
  }
}
