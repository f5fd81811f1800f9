import { inspect } from 'node:util';
import { dueOf, SOON_MS } from './bounds.ts';
import type { Told } from './changes.ts';
import type { Failure, Plan } from './plan.ts';
import type { Played } from './player.ts';

/* Reports a played plan: to you, if a promise was broken, and in numbers. */

/** The broken promises, one line each; none if all were kept. */
export function brokenPromises({ late, unseen, left, healedInMs, strays, errors, harms }: Played): string[] {
  return [
    ...late.map((told) => lateLine(told)),
    ...unseen.map(({ failure, afterMs, shown }) => {
      return `Not visible ${afterMs} ms after it was met: ${line(failure)}. Shown: ${line(shown)}`;
    }),
    ...(healedInMs === undefined ? [`Not in order a minute after the end: ${line(left)}`] : []),
    ...strays.map((stray) => `Not as at Kombo: ${stray}`),
    ...errors.map((error) => `A step failed: ${line(error)}`),
  ];

  function lateLine({ part, id, version, at, arrivedAt, late: due }: Told): string {
    const took = arrivedAt === undefined ? 'never came' : `came after ${Math.round(arrivedAt - at)} ms`;
    const because = dueOf(part, at, harms).because.map(({ what }) => what);
    const bound = Math.round(due!.at - at);
    return `Late: version ${version} of ${part.endpoint} ${id} (integration ${part.integration}) ${took}; the bound was ${bound} ms (${because.join(', ') || 'nothing failed'}).`;
  }
}

/** What you need to find the cause: how to play it again, the plan, and the logs of the workers. */
export function explain(played: Played, log: readonly string[]): string {
  const { plan } = played;
  return [
    `Play it again by: LIVE_SEED=${plan.seed} LIVE_SECONDS=${plan.seconds}`,
    ...brokenPromises(played),
    ...planLines(plan),
    ...log,
  ].join('\n');
}

function planLines({ clocks, failures, fullSyncs, announcements }: Plan): string[] {
  const steps = [...failures, ...fullSyncs, ...announcements].toSorted((a, b) => a.at - b.at);
  return [`The clocks are off by ${clocks.join(', ')} ms.`, ...steps.map((step) => line(step))];
}

const line = (value: unknown) => inspect(value, { breakLength: Infinity, depth: 6 });

/** How long changes waited, by what failed meanwhile. */
export interface Waits {
  what: string;
  webhooks: number;
  median: number;
  p95: number;
  max: number;
}

/** Several plans together. A change that waited for the end of its own failure counts from that end. */
export function summarize(played: readonly Played[]): Waits[] {
  const groups = new Map<string, number[]>();
  for (const { told, harms } of played) {
    for (const changes of Map.groupBy(told, ({ at }) => at).values()) {
      // The changes of one webhook have arrived when the last of them has.
      const arrivals = changes.map(({ arrivedAt }) => arrivedAt).filter((at) => at !== undefined);
      if (arrivals.length === 0) continue;
      const { part, at } = changes[0]!;
      const arrivedAt = Math.max(...arrivals);
      const touching = harms.filter(
        (harm) => harm.from <= at + SOON_MS && harm.until + harm.restMs > at && isAbout(harm, part),
      );
      const own = touching.filter(({ integration }) => integration !== undefined);
      const what = own.length > 0 ? 'own failure, from its end' : (worst(touching) ?? 'nothing');
      const from = Math.max(at, ...own.map(({ until }) => until));
      const waits = groups.get(what) ?? [];
      waits.push(Math.max(0, arrivedAt - from));
      groups.set(what, waits);
    }
  }
  return [...groups].map(([what, waits]) => ({ what, ...spread(waits) }));
}

function isAbout(
  { integration, endpoint }: Played['harms'][number],
  part: Played['told'][number]['part'],
): boolean {
  return (
    (integration ?? part.integration) === part.integration && (endpoint ?? part.endpoint) === part.endpoint
  );
}

function worst(harms: Played['harms']): string | undefined {
  return harms.toSorted((a, b) => b.restMs - a.restMs)[0]?.what;
}

function spread(waits: readonly number[]): Omit<Waits, 'what'> {
  const sorted = waits.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
  return { webhooks: sorted.length, median: at(0.5), p95: at(0.95), max: at(1) };
}

/** How often each kind of failure was played. */
export function countFailures(plans: readonly Plan[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const failure of plans.flatMap(({ failures }) => failures)) {
    const name = nameOf(failure);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

function nameOf(failure: Failure): string {
  switch (failure.of) {
    case 'list': {
      const { trouble, reads } = failure;
      const how = trouble.kind === 'code' ? trouble.code : trouble.kind;
      return `list (${reads}): ${how}`;
    }
    case 'look-up':
      return `look-up: ${failure.trouble.kind}`;
    case 'worker':
      return `worker: ${failure.how}`;
    case 'data-table':
    case 'service-table':
    case 'sessions':
      return failure.of;
  }
}
