import { fullSyncScheduleId } from '../domain/names.ts';
import { shellWord } from '../domain/text.ts';
import { judgePasses, type SafetyNet, type Troubled } from '../operations/safety-net.ts';
import type { FullPasses } from '../domain/schedule-health.ts';
import { ok, warn, type Check } from './check.ts';
import type { FoundSchedules } from './schedules.ts';

const NAME = 'Full syncs';
const NAMES_SHOWN = 3;

/** Whether the weekly full syncs do their work, by the passes in Postgres and the schedules in Temporal. */
export function checkSafetyNet(passes: readonly FullPasses[], found: FoundSchedules): Check {
  const now = new Date();
  return judgeSafetyNet(judgePasses(passes, 'listed' in found ? found.listed : undefined, { now }), now);
}

/** A missing schedule has a check of its own. */
export function judgeSafetyNet({ oldest, schedules }: SafetyNet, now: Date): Check {
  if (!oldest) return ok(NAME, 'none needed: no active integration reads anything');
  const days = Math.floor((now.getTime() - oldest.since.getTime()) / 86_400_000);
  const age = `the oldest full pass is ${days} ${days === 1 ? 'day' : 'days'} old (${oldest.id})`;
  if (!schedules) {
    const remedy = 'Run kombo-sync doctor again, or look at the metric kombo_sync_schedules of serve.';
    return warn(NAME, `${age}; Temporal did not list the schedules in time`, remedy);
  }
  const { byState, troubled } = schedules;
  const found = [
    [byState.paused, 'paused', troubled.filter(({ state }) => state === 'paused')],
    [byState.no_next_run, 'without a next run', troubled.filter(({ state }) => state === 'no_next_run')],
    [
      byState.last_run_failed,
      'with a last run that failed',
      troubled.filter(({ state }) => state === 'last_run_failed'),
    ],
  ] as const;
  const said = found.filter(([count]) => count > 0);
  const [first] = said;
  if (!first) return ok(NAME, age);
  const text = said.map(([count, what, some]) => `${count} ${what} (${namesOf(some, count)})`).join(', ');
  return warn(NAME, `${text}; ${age}`, remedyFor(first[2][0]!));
}

function namesOf(some: readonly Troubled[], count: number): string {
  const names = some.slice(0, NAMES_SHOWN).map(({ id, byHand, note }) => {
    if (!byHand) return id;
    return note === null ? `${id} by hand in Temporal` : `${id} by hand in Temporal: "${note}"`;
  });
  return [...names, ...(count > names.length ? ['…'] : [])].join(', ');
}

function remedyFor({ id, state, byHand }: Troubled): string {
  if (state === 'last_run_failed') return `See why: kombo-sync status ${shellWord(id)}`;
  if (state === 'paused' && byHand) {
    return `Resume it: temporal schedule toggle --unpause --schedule-id ${shellWord(fullSyncScheduleId(id))}`;
  }
  return 'Run: kombo-sync setup';
}
