import { msToTs, tsToMs } from '@temporalio/common/lib/time.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { fullSyncScheduleId } from '../../src/domain/names.ts';
import { describeSchedule } from '../../src/temporal/schedule-state.ts';
import { deleteSchedules, ensureSchedules } from '../../src/temporal/schedules.ts';
import { testTemporal, uniqueIntegrationId, uniqueTaskQueue } from '../support/temporal.ts';

const { client, namespace } = await testTemporal();
const DAY = 24 * 3_600_000;
/** The schedules are created as if on this day, so that the dates below stay right. */
const NOW = new Date('2026-11-26T12:00:00Z');

async function schedule(cron: string, timezone: string, now: Date): Promise<string> {
  const id = uniqueIntegrationId();
  const config = loadConfig({
    TASK_QUEUE: uniqueTaskQueue(),
    FULL_SYNC_CRON: cron,
    FULL_SYNC_TIMEZONE: timezone,
    FULL_SYNC_SPREAD: '0s',
    CATCH_UP_INTERVAL: 'off',
  });
  onTestFinished(() => deleteSchedules(client, id));
  const integration = { id, tool: 'bombohr', category: 'LMS' } as const;
  expect(await ensureSchedules(client, config, integration, now)).toBe('created');
  expect(await ensureSchedules(client, config, integration, now)).toBe('unchanged');
  return id;
}

/** When the server runs it in the twenty days around a day. */
async function runsAround(day: string, cron: string, timezone: string): Promise<string[]> {
  const id = await schedule(cron, timezone, NOW);
  const at = (days: number) => msToTs(Date.parse(day) + days * DAY);
  const { startTime } = await client.workflowService.listScheduleMatchingTimes({
    namespace,
    scheduleId: fullSyncScheduleId(id),
    startTime: at(-10),
    endTime: at(10),
  });
  return startTime.map((time) => new Date(tsToMs(time)).toISOString().slice(0, 16));
}

test('the next runs of the server include the Sunday on which the clocks go forward', async () => {
  // Some March is among the next ten.
  const id = await schedule('15 2 * 3 0', 'Europe/Berlin', new Date());
  const { nextRuns } = (await describeSchedule(client, id)).fullSync!;
  const texts = nextRuns.map((run) => run.toISOString());
  expect(texts.filter((text) => !text.includes('T01:15:'))).toEqual([]);
  expect(texts).toContainEqual(expect.stringMatching(/^20\d\d-03-(2[5-9]|3[01])T/));
});

describe('each week has one run when the clocks go forward', () => {
  test.each([
    // The hour that is missing is the second, as in most zones, or the third, or half an hour, or two.
    ['Europe/Berlin', '2027-03-28', '15 2 * * 0', ['03-21T01:15', '03-28T01:15', '04-04T00:15']],
    ['America/New_York', '2027-03-14', '30 2 * * 0', ['03-07T07:30', '03-14T07:30', '03-21T06:30']],
    ['Australia/Lord_Howe', '2027-10-03', '15 2 * * 0', ['09-25T15:45', '10-02T15:45', '10-09T15:15']],
    ['Antarctica/Troll', '2027-03-28', '30 1 * * 0', ['03-21T01:30', '03-28T01:30', '04-03T23:30']],
    // At midnight, the first of the day or the last of the day before.
    ['America/Santiago', '2027-09-05', '30 0 * * 0', ['08-29T04:30', '09-05T04:30', '09-12T03:30']],
    ['Africa/Cairo', '2027-04-30', '30 0 * * 5', ['04-22T22:30', '04-29T22:30', '05-06T21:30']],
    ['America/Nuuk', '2027-03-28', '30 23 * * 6', ['03-21T01:30', '03-28T01:30', '04-04T00:30']],
    // The server counts that Sunday as a Saturday.
    ['America/Santiago', '2027-09-05', '0 5 * * 0', ['08-29T09:00', '09-05T08:00', '09-12T08:00']],
    ['Atlantic/Azores', '2027-03-28', '0 5 * * 0', ['03-21T06:00', '03-28T05:00', '04-04T05:00']],
    // Runs outside of that hour do not change.
    ['Europe/Berlin', '2027-03-28', '15 3 * * 0', ['03-21T02:15', '03-28T01:15', '04-04T01:15']],
    ['America/Nuuk', '2027-03-28', '30 0 * * 0', ['03-21T02:30', '03-28T01:30', '04-04T01:30']],
  ])('%s, %s, %s', async (timezone, day, cron, expected) => {
    expect(await runsAround(day, cron, timezone)).toEqual(expected.map((run) => `2027-${run}`));
  });
});

test('an hourly schedule also runs once an hour on that day', async () => {
  const runs = await runsAround('2027-03-28', '0 * * * *', 'Europe/Berlin');
  expect(runs).toHaveLength(20 * 24);
  expect(new Set(runs).size).toBe(20 * 24);
});

describe('when the clocks go back, every week has a run, and a second one in the repeated hour is harmless', () => {
  test.each([
    ['Europe/Berlin', '2027-10-31', '15 2 * * 0', ['10-24T00:15', '10-31T01:15', '11-07T01:15']],
    // The server runs it in both hours here; the second one is skipped while the first one is under way.
    [
      'America/New_York',
      '2027-11-07',
      '30 1 * * 0',
      ['10-31T05:30', '11-07T05:30', '11-07T06:30', '11-14T06:30'],
    ],
    ['Australia/Lord_Howe', '2027-04-04', '45 1 * * 0', ['03-27T14:45', '04-03T15:15', '04-10T15:15']],
    [
      'America/Santiago',
      '2027-04-04',
      '30 23 * * 6',
      ['03-28T02:30', '04-04T02:30', '04-04T03:30', '04-11T03:30'],
    ],
  ])('%s, %s, %s', async (timezone, day, cron, expected) => {
    expect(await runsAround(day, cron, timezone)).toEqual(expected.map((run) => `2027-${run}`));
  });
});
