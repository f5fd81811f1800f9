import { z } from 'zod';
import { createRandom } from '../random.ts';

const SCOPE = {
  /** Only requests for this integration. */
  integration: z.string().optional(),
  /** Only this path below `/v1`, for example `/ats/jobs` or `/check-api-key`. */
  endpoint: z.string().optional(),
  /** Only requests of this kind: for changes, for everything, or for records by their ids. */
  reads: z.enum(['delta', 'full', 'ids']).optional(),
  /** The first matching request that it hits, counted from 1. */
  nth: z.int().min(1).default(1),
  /** How many matching requests it hits before it is used up. */
  count: z.union([z.int().min(1), z.literal('always')]).default(1),
  /** Hits a matching request with this probability. The same seed hits the same requests. */
  chance: z.number().min(0).max(1).optional(),
};

const milliseconds = z.number().min(0);

/** A failure on demand. */
export const FAULT = z.discriminatedUnion('kind', [
  z.object({
    ...SCOPE,
    kind: z.literal('rate-limit'),
    retryAfter: z.number().optional(),
    reset: z.number().optional(),
  }),
  /** 503 and HTML, like a load balancer. */
  z.object({ ...SCOPE, kind: z.literal('unavailable') }),
  z.object({ ...SCOPE, kind: z.literal('error'), code: z.string(), status: z.int().optional() }),
  z.object({
    ...SCOPE,
    kind: z.literal('status'),
    status: z.int(),
    body: z.string().default(''),
    contentType: z.string().default('text/plain'),
    headers: z.record(z.string(), z.string()).default({}),
  }),
  /** The answer breaks off in the middle. */
  z.object({ ...SCOPE, kind: z.literal('truncate') }),
  /** The connection is reset before an answer. */
  z.object({ ...SCOPE, kind: z.literal('reset') }),
  /** No answer until the client gives up, or for `ms` milliseconds. */
  z.object({ ...SCOPE, kind: z.literal('stall'), ms: milliseconds.optional() }),
  z.object({ ...SCOPE, kind: z.literal('delay'), ms: milliseconds }),
  /** This one and the next match only requests with a cursor. */
  z.object({ ...SCOPE, kind: z.literal('refuse-cursor') }),
  z.object({ ...SCOPE, kind: z.literal('repeat-cursor') }),
  /** A page without records. Its cursor leads to the records that it should have had. */
  z.object({ ...SCOPE, kind: z.literal('empty-page') }),
  /** The Date header is off by `ms`. */
  z.object({ ...SCOPE, kind: z.literal('clock-skew'), ms: z.number() }),
]);

export type Fault = z.infer<typeof FAULT>;
export type FaultSpec = z.input<typeof FAULT>;
type FaultKind = Fault['kind'];

interface Armed {
  readonly id: number;
  readonly fault: Fault;
  readonly random: () => number;
  seen: number;
  hits: number;
}

interface FaultTarget {
  path: string;
  integrationId: string | undefined;
  /** The parameters of the request, by name. */
  query: Readonly<Record<string, string>>;
}

/** The faults that are not used up yet. */
export class FaultQueue {
  readonly #seed: number;
  #armed: Armed[] = [];
  #made = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** @throws ZodError if the fault is not valid. */
  add(spec: FaultSpec): number {
    const id = ++this.#made;
    const random = createRandom(this.#seed + id);
    this.#armed.push({ id, fault: FAULT.parse(spec), random, seen: 0, hits: 0 });
    return id;
  }

  remove(id: number): void {
    this.#armed = this.#armed.filter((armed) => armed.id !== id);
  }

  clear(): void {
    this.#armed = [];
  }

  list(): { id: number; fault: Fault; hits: number }[] {
    return this.#armed.map(({ id, fault, hits }) => ({ id, fault, hits }));
  }

  /** The faults that hit this request. Counts one use of each. */
  take(target: FaultTarget): Fault[] {
    const hits = this.#armed.filter((armed) => hit(armed, target));
    this.#armed = this.#armed.filter(({ fault, hits }) => fault.count === 'always' || hits < fault.count);
    return hits.map(({ fault }) => fault);
  }
}

function hit(armed: Armed, target: FaultTarget): boolean {
  const { fault } = armed;
  if (fault.integration !== undefined && fault.integration !== target.integrationId) return false;
  if (fault.endpoint !== undefined && fault.endpoint !== target.path) return false;
  if ((fault.kind === 'refuse-cursor' || fault.kind === 'repeat-cursor') && !target.query['cursor'])
    return false;
  if (fault.reads !== undefined && fault.reads !== readsOf(target)) return false;
  if (++armed.seen < fault.nth) return false;
  if (fault.chance !== undefined && armed.random() >= fault.chance) return false;
  armed.hits++;
  return true;
}

function readsOf({ query }: FaultTarget): 'delta' | 'full' | 'ids' {
  if (query['ids'] !== undefined) return 'ids';
  return query['updated_after'] === undefined ? 'full' : 'delta';
}

/** The fault of that kind among those that hit a request. */
export function faultOf<K extends FaultKind>(
  faults: readonly Fault[],
  kind: K,
): Extract<Fault, { kind: K }> | undefined {
  return faults.find((fault): fault is Extract<Fault, { kind: K }> => fault.kind === kind);
}
