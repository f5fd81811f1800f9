import { createRandom } from '../../sandbox/random.ts';

/*
 * What fails in a run, and what else happens. A plan follows from its seed alone, so a run can be played again: the
 * same steps at the same times, though never in quite the same order of events.
 */

export const ENDPOINTS = ['/lms/users', '/lms/course-progressions', '/lms/courses', '/lms/skills'] as const;
export type Endpoint = (typeof ENDPOINTS)[number];

/** When a step comes after the beginning, in milliseconds. */
interface Timed {
  at: number;
}

/** How an endpoint of Kombo fails. */
export type Trouble =
  | { kind: 'status'; status: 500 | 503 }
  | { kind: 'hang' }
  | { kind: 'limit'; seconds: number }
  | { kind: 'code'; code: (typeof CODES)[number] };

export const CODES = [
  'PLATFORM.INPUT_INVALID',
  'PLATFORM.INTEGRATION_NOT_FOUND',
  'INTEGRATION.INACTIVE',
  'INTEGRATION.MODEL_NOT_AVAILABLE',
] as const;

/** Which reads of an endpoint fail: all, those in full, or the requests by `ids`. */
export type Scope = 'all' | 'full' | 'ids';

export type Failure = Timed & { forMs: number } & (
    | { of: 'list'; integration: number; endpoint: Endpoint | 'all'; reads: Scope; trouble: Trouble }
    | { of: 'look-up'; integration: number; trouble: Trouble }
    /** Another session locks the table of an endpoint, for example to build an index. */
    | { of: 'data-table'; endpoint: Endpoint; mode: 'share' | 'access exclusive' }
    | { of: 'service-table'; table: 'debts' | 'passes' | 'integrations' }
    /** Every session of the service is terminated at once. */
    | { of: 'sessions' }
    | { of: 'worker'; worker: number; how: 'kill' | 'freeze, then continue' | 'freeze, then kill' }
  );

/** Records change, and one webhook reports it. */
export interface Change extends Timed {
  integration: number;
  endpoint: Endpoint;
  kind: 'update' | 'create' | 'delete' | 'nested';
  count: number;
  /** Which record, as a share of the table. */
  where: number;
  duplicate: boolean;
}

/** A full sync by hand, perhaps after a record vanished without a trace. */
export interface FullSync extends Timed {
  integration: number;
  /** Every endpoint if left out. */
  endpoint?: Endpoint;
  vanish: boolean;
  /** How long Kombo takes for a page of it. */
  pageMs: number;
  end: 'by itself' | 'cancelled' | 'terminated';
  afterMs: number;
}

/** A webhook about the integration itself makes a look-up. */
export interface Announcement extends Timed {
  integration: number;
}

export interface Plan {
  seed: number;
  seconds: number;
  /** How far the clock of each worker is off, in milliseconds. */
  clocks: number[];
  failures: Failure[];
  changes: Change[];
  fullSyncs: FullSync[];
  announcements: Announcement[];
}

export const INTEGRATIONS = 5;
const WORKERS = 2;
/** The integration whose full syncs are cut off. Cut-off reads no longer fail, so its full reads get no failures. */
const CUT_OFF = 0;
/** A read of a terminated sync is overdue after a minute, and must be done a minute after the end. */
const OVERDUE_BEFORE_END_MS = 20_000;
/** The end of a plan has no new failures, so that none begins and ends at once. */
const LAST_BEGIN_MS = 5_000;

export function makePlan(seed: number, seconds: number): Plan {
  const dice = createDice(seed);
  const plan: Plan = {
    seed,
    seconds,
    clocks: Array.from({ length: WORKERS }, () => dice.pick([0, -300_000, 300_000])),
    failures: [],
    changes: [],
    fullSyncs: [],
    announcements: [],
  };
  const endMs = seconds * 1000 - LAST_BEGIN_MS;
  for (const at of dice.times(500, endMs, 1_000, 3_500)) addListFailure(plan, dice, at);
  for (const at of dice.times(dice.between(1_000, 8_000), endMs, 8_000, 14_000)) addLookUp(plan, dice, at);
  for (const at of dice.times(dice.between(1_000, 9_000), endMs, 12_000, 20_000)) {
    const mode = dice.pick(['share', 'access exclusive'] as const);
    const forMs = dice.between(1_500, 9_000);
    plan.failures.push({ at, forMs, of: 'data-table', endpoint: dice.pick(ENDPOINTS), mode });
  }
  for (const at of dice.times(dice.between(3_000, 8_000), endMs, 14_000, 25_000)) {
    plan.failures.push({ at, forMs: 0, of: 'sessions' });
  }
  // The first part is calm, to test the shortest bound too.
  const storm = dice.between(0.4, 0.6) * endMs;
  for (const at of dice.times(storm, endMs, 20_000, 35_000)) plan.failures.push(aStorm(dice, at));
  for (const at of dice.times(0, seconds * 1000, 150, 700)) plan.changes.push(aChange(dice, at));
  for (const at of dice.times(dice.between(500, 3_000), endMs, 3_000, 8_000)) {
    plan.fullSyncs.push(aFullSync(dice, at, at < seconds * 1000 - OVERDUE_BEFORE_END_MS));
  }
  return plan;
}

function addListFailure(plan: Plan, dice: Dice, at: number): void {
  const forMs = dice.between(1_500, 15_000);
  const reads = dice.pick<Scope>(['all', 'all', 'all', 'full', 'full', 'ids']);
  const whole = reads === 'all' && dice.chance(0.15);
  const integration = reads === 'all' ? dice.below(INTEGRATIONS) : 1 + dice.below(INTEGRATIONS - 1);
  const endpoint = whole ? 'all' : dice.pick(ENDPOINTS);
  // If every endpoint refused the whole integration, it would be parked, which is another promise.
  const trouble = aTrouble(dice, !whole, reads);
  const beside = plan.failures.filter(
    (other) =>
      other.of === 'list' &&
      other.at + other.forMs + 1_000 > at &&
      (other.integration === integration || (whole && other.endpoint === 'all')),
  );
  const isFree = beside.every(
    (other) => other.of === 'list' && other.endpoint !== endpoint && other.endpoint !== 'all',
  );
  // Most parts stay healthy.
  if (!isFree || (whole ? beside.length > 0 : beside.length > 1)) return;
  plan.failures.push({ at, forMs, of: 'list', integration, endpoint, reads, trouble });
  const soon = at + 200;
  const first = endpoint === 'all' ? ENDPOINTS[0] : endpoint;
  if (reads === 'all') {
    // Webhooks come at its start, just before its end and just after it.
    for (const moment of [soon, at + forMs - dice.between(0, 900), at + forMs + dice.between(50, 900)]) {
      plan.changes.push({ ...aChange(dice, moment), integration, endpoint: first, kind: 'update' });
    }
    return;
  }
  const full = { ...aFullSync(dice, soon, false), integration, endpoint: first, end: 'by itself' as const };
  plan.fullSyncs.push({ ...full, pageMs: 0, vanish: reads === 'ids' });
}

function addLookUp(plan: Plan, dice: Dice, at: number): void {
  const integration = dice.below(INTEGRATIONS);
  const forMs = dice.between(2_000, 10_000);
  const trouble = dice.pick<Trouble>([{ kind: 'status', status: 500 }, { kind: 'hang' }]);
  plan.failures.push({ at, forMs, of: 'look-up', integration, trouble });
  plan.announcements.push({ at: at + 200, integration });
}

function aTrouble(dice: Dice, mayRefuse: boolean, reads: Scope): Trouble {
  const troubles: Trouble[] = [
    { kind: 'status', status: 500 },
    { kind: 'status', status: 503 },
    { kind: 'hang' },
    { kind: 'limit', seconds: 1 + dice.below(8) },
  ];
  // An endpoint that the tool does not offer refuses every kind of read.
  const codes = CODES.filter((code) => reads === 'all' || code !== 'INTEGRATION.MODEL_NOT_AVAILABLE');
  if (mayRefuse) troubles.push(...codes.map((code): Trouble => ({ kind: 'code', code })));
  return dice.pick(troubles);
}

function aStorm(dice: Dice, at: number): Failure {
  const forMs = dice.between(2_000, 15_000);
  const worker = dice.below(WORKERS);
  return dice.pick<() => Failure>([
    () => ({ at, forMs: 0, of: 'worker', worker, how: 'kill' }),
    () => ({ at, forMs: 0, of: 'worker', worker, how: 'kill' }),
    () => ({ at, forMs, of: 'worker', worker, how: 'freeze, then kill' }),
    () => ({ at, forMs, of: 'worker', worker, how: 'freeze, then continue' }),
    () => ({
      at,
      forMs: forMs / 2,
      of: 'service-table',
      table: dice.pick(['debts', 'passes', 'integrations']),
    }),
  ])();
}

function aChange(dice: Dice, at: number): Change {
  return {
    at,
    integration: dice.below(INTEGRATIONS),
    endpoint: dice.pick(ENDPOINTS),
    kind: dice.pick(['update', 'update', 'update', 'update', 'create', 'create', 'delete', 'nested']),
    count: dice.chance(0.2) ? 1 + dice.below(20) : 1,
    where: dice.between(0, 1),
    duplicate: dice.chance(0.2),
  };
}

function aFullSync(dice: Dice, at: number, mayTerminate: boolean): FullSync {
  const end = dice.pick<FullSync['end']>([
    'by itself',
    'by itself',
    'cancelled',
    mayTerminate ? 'terminated' : 'cancelled',
  ]);
  return {
    at,
    integration: end === 'by itself' ? dice.below(INTEGRATIONS) : CUT_OFF,
    ...(dice.chance(0.5) ? { endpoint: dice.pick(ENDPOINTS) } : {}),
    vanish: dice.chance(0.3),
    pageMs: dice.between(0, 1_000),
    end,
    afterMs: dice.between(100, 2_500),
  };
}

interface Dice {
  between(low: number, high: number): number;
  below(count: number): number;
  chance(probability: number): boolean;
  pick<T>(of: readonly T[]): T;
  /** Moments from one to another, with random gaps. */
  times(from: number, to: number, shortest: number, longest: number): number[];
}

function createDice(seed: number): Dice {
  const random = createRandom(seed);
  const between = (low: number, high: number) => Math.round((low + random() * (high - low)) * 1000) / 1000;
  const below = (count: number) => Math.floor(random() * count);
  return {
    between,
    below,
    chance: (probability) => random() < probability,
    pick: (of) => of[below(of.length)]!,
    times: (from, to, shortest, longest) => {
      const times: number[] = [];
      for (let at = from; at < to; at += between(shortest, longest)) times.push(Math.round(at));
      return times;
    },
  };
}
