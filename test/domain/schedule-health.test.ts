import { expect, test } from 'vitest';
import { scheduleState, type FullPasses, type SeenSchedule } from '../../src/domain/schedule-health.ts';

const NOW = new Date('2026-11-26T12:00:00Z');
const ago = (hours: number) => new Date(NOW.getTime() - hours * 3_600_000);
const read: FullPasses = {
  id: 'a:1',
  activeSince: ago(1_000),
  startedAt: ago(80),
  finishedAt: ago(79),
  failing: false,
};
const runs: SeenSchedule = { paused: false, note: null, nextRun: ago(-88), lastRun: ago(80) };
const stateOf = (passes: Partial<FullPasses>, schedule?: Partial<SeenSchedule> | null) =>
  scheduleState({ ...read, ...passes }, schedule === null ? undefined : { ...runs, ...schedule }, NOW);

test('a schedule that runs, and whose last run has read everything, is ok', () => {
  expect(stateOf({})).toBe('ok');
  expect(stateOf({ startedAt: null, finishedAt: null }, { lastRun: null })).toBe('ok');
});

test('one that is not there is missing, but for an integration that has just become active', () => {
  expect(stateOf({}, null)).toBe('missing');
  expect(stateOf({ activeSince: ago(0.1) }, null)).toBe('ok');
  expect(stateOf({ activeSince: ago(0.2) }, null)).toBe('missing');
});

test('one that is paused or will not run again is told apart from one whose run failed', () => {
  expect(stateOf({ failing: true }, { paused: true })).toBe('paused');
  expect(stateOf({}, { nextRun: null })).toBe('no_next_run');
  expect(stateOf({ failing: true })).toBe('last_run_failed');
});

test('a run that was ended before it had read everything has failed, once it cannot be under way any more', () => {
  expect(stateOf({ finishedAt: ago(200) }, { lastRun: ago(25) })).toBe('last_run_failed');
  expect(stateOf({ finishedAt: null }, { lastRun: ago(25) })).toBe('last_run_failed');
  expect(stateOf({ finishedAt: ago(200) }, { lastRun: ago(23) })).toBe('ok');
});
