import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { checkSizes } from '../../src/doctor/settings.ts';
import { problemsOfWorker } from '../../src/settings/worker.ts';
import { slotsOf } from '../../src/worker/slots.ts';
import { complaint } from './complaint.ts';

const problems = (env: Record<string, string>) => problemsOfWorker(loadConfig(env));

test('the sizes of a worker are those of today unless they are set', () => {
  const config = loadConfig({});
  expect(config).toMatchObject({ WORKER_SLOTS: 40, PASSES_PER_SYNC: 4, DATABASE_POOL: 20, CHUNK: 240_000 });
  expect(problemsOfWorker(config)).toEqual([]);
  expect(slotsOf(config)).toEqual({ maxConcurrentActivityTaskExecutions: 40 });
});

test.each([
  [{ WORKER_SLOTS: 'many' }, /^WORKER_SLOTS is not a number of slots and not auto/],
  [{ WORKER_SLOTS: '0' }, /^WORKER_SLOTS is not/],
  [{ PASSES_PER_SYNC: '101' }, /^PASSES_PER_SYNC is not a number of passes from 1 to 100/],
  [{ CHUNK: '4s' }, /^CHUNK must be from 5s to 8m/],
  [{ CHUNK: '9m' }, /^CHUNK must be from 5s to 8m/],
  [{ METRICS_PORT: '99999' }, /^METRICS_PORT is not a port/],
  [{ METRICS_PER_INTEGRATION: 'yes' }, /^METRICS_PER_INTEGRATION must be on or off/],
])('%j is refused', (env, said) => {
  expect(complaint(env as Record<string, string>)).toMatch(said);
});

describe('sizes that do not go together', () => {
  test('fewer connections than half of the slots: the remedy names both ways out', () => {
    expect(problems({ WORKER_SLOTS: '41' })).toEqual([
      {
        name: 'DATABASE_POOL',
        problem:
          'is 20, which is too few connections for 41 slots: pages would wait for one, and fail after five seconds',
        remedy: 'set it to 21 or more, or WORKER_SLOTS to 40 or less',
        example: '21',
      },
    ]);
    expect(problems({ WORKER_SLOTS: '41', DATABASE_POOL: '21' })).toEqual([]);
    expect(problems({ DATABASE_POOL: '19' })).toMatchObject([{ name: 'DATABASE_POOL' }]);
  });

  test('a sync that would take more slots than a worker has', () => {
    expect(problems({ WORKER_SLOTS: '3' })).toMatchObject([{ name: 'PASSES_PER_SYNC' }]);
    expect(problems({ WORKER_SLOTS: '3', PASSES_PER_SYNC: '3' })).toEqual([]);
    expect(problems({ WORKER_SLOTS: 'auto', DATABASE_POOL: '1' })).toMatchObject([
      { name: 'PASSES_PER_SYNC' },
    ]);
  });

  test('do not keep a process from starting that is no worker, and the doctor names them', () => {
    const config = loadConfig({ DATABASE_POOL: '5' });
    expect(checkSizes(config)).toMatchObject({
      name: 'Sizes',
      status: 'fail',
      message: expect.stringMatching(
        /^DATABASE_POOL is 5, which is too few connections for 40 slots/,
      ) as string,
      remedy: 'Set it to 20 or more, or WORKER_SLOTS to 10 or less, for example 20.',
    });
    expect(checkSizes(loadConfig({}))).toMatchObject({ status: 'ok', message: '40 slots, 20 connections' });
  });
});

test('with auto, the tuner never hands out more slots than the connections allow', () => {
  const config = loadConfig({ WORKER_SLOTS: 'auto', DATABASE_POOL: '6' });
  expect(problemsOfWorker(config)).toEqual([]);
  expect(slotsOf(config)).toEqual({
    tuner: {
      tunerOptions: { targetMemoryUsage: 0.8, targetCpuUsage: 0.9 },
      activityTaskSlotOptions: { minimumSlots: 4, maximumSlots: 12 },
    },
  });
});
