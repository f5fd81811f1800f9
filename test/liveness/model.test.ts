import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Condition } from '../../src/domain/conditions.ts';
import { notificationOf } from '../../src/domain/notification.ts';
import { dueOf, harmOf, SOON_MS, type Harm, type Part } from './bounds.ts';
import { toldTwice } from './observers.ts';
import { makePlan, type Failure } from './plan.ts';

/* Checks the model of the random failures, so that it does not ask for anything by mistake. */

const PART: Part = { integration: 1, endpoint: '/lms/users' };
const OTHER: Part = { integration: 1, endpoint: '/lms/skills' };
const lasting = { at: 0, forMs: 5_000 };
const list = (more: Partial<Extract<Failure, { of: 'list' }>>): Failure => ({
  ...lasting,
  of: 'list',
  ...PART,
  reads: 'all',
  trouble: { kind: 'status', status: 500 },
  ...more,
});

/** The harm of a failure that begins at 1,000 and ends at 6,000. */
const harms = (...failures: Failure[]): Harm[] =>
  failures.flatMap((failure) => {
    const harm = harmOf(failure, 1_000);
    return harm ? [{ ...harm, until: 6_000 }] : [];
  });

describe('a plan', () => {
  test('follows from its seed alone', () => {
    expect(makePlan(7, 60)).toEqual(makePlan(7, 60));
    expect(makePlan(7, 60)).not.toEqual(makePlan(8, 60));
  });

  test('has failures of each kind, and parts without any', () => {
    const plans = Array.from({ length: 40 }, (_, seed) => makePlan(seed, 60));
    const failures = plans.flatMap((plan) => plan.failures);
    expect(new Set(failures.map(({ of }) => of)).size).toBe(6);
    for (const { failures, changes } of plans) {
      const found = failures.flatMap((failure) => {
        const harm = harmOf(failure, failure.at);
        return harm ? [{ ...harm, until: failure.at + failure.forMs }] : [];
      });
      const healthy = changes.filter((change) => dueOf(change, change.at, found).because.length === 0);
      expect(healthy.length).toBeGreaterThan(0);
    }
  });
});

describe('the bound of a change', () => {
  test('is soon if nothing fails, or while something else fails', () => {
    expect(dueOf(PART, 2_000, []).at).toBe(2_000 + SOON_MS);
    expect(dueOf(OTHER, 2_000, harms(list({}))).at).toBe(2_000 + SOON_MS);
  });

  test('is soon while only full reads or requests by ids fail', () => {
    expect(dueOf(PART, 2_000, harms(list({ reads: 'full' }), list({ reads: 'ids' }))).at).toBe(
      2_000 + SOON_MS,
    );
  });

  test('counts from the end of the failure, plus the pause before the next try', () => {
    expect(dueOf(PART, 2_000, harms(list({}))).at).toBe(6_000 + 4_000 + SOON_MS);
  });

  test('is not over while a failure lasts', () => {
    const [harm] = harms(list({}));
    expect(dueOf(PART, 2_000, [{ ...harm!, until: Infinity }]).at).toBe(Infinity);
  });

  test('needs a second webhook only if the tool did not offer the endpoint', () => {
    const refused = harms(list({ trouble: { kind: 'code', code: 'INTEGRATION.MODEL_NOT_AVAILABLE' } }));
    expect(dueOf(PART, 5_999, refused).at).toBe(Infinity);
    expect(dueOf(PART, 6_000, refused).at).toBe(6_000 + 1_000 + SOON_MS);
  });

  test('is 35 seconds after the death of a worker, for every part', () => {
    const [harm] = harms({ at: 0, forMs: 0, of: 'worker', worker: 0, how: 'kill' });
    expect(dueOf(PART, 1_000, [{ ...harm!, until: 1_000 }]).at).toBe(1_000 + 35_000);
  });
});

test('a condition that two notifications say is told twice; a notification sent again says nothing new', () => {
  const condition: Condition = {
    kind: 'parked',
    key: 'bombohr:1',
    integrationId: 'bombohr:1',
    code: 'INVALID',
    since: new Date(0),
  };
  const at = (minute: number, said: Partial<Parameters<typeof notificationOf>[0]>) =>
    notificationOf({ now: new Date(minute * 60_000), open: 1, began: [], recovered: [], ...said });
  const first = at(1, { began: [condition] });
  const again = { ...condition, since: new Date(5_000) };
  const over = at(2, { recovered: [condition] });
  expect(toldTwice([first, first, over, at(3, { began: [again] })])).toEqual([]);
  expect(toldTwice([first, over, at(3, { began: [condition] })])).toHaveLength(1);
});

test('a process with a shifted clock shows another time', async () => {
  const preload = new URL('../support/shift-clock.ts', import.meta.url).href;
  const script =
    'console.log(Date.now(), new Date().getTime(), new Date(5).getTime(), new Date() instanceof Date)';
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', preload, '-e', script], {
    env: { ...process.env, TEST_CLOCK_SHIFT: '-300000' },
  });
  const [now, made, given, isDate] = stdout.trim().split(' ');
  for (const time of [now, made]) expect(Date.now() - Number(time)).toBeGreaterThan(290_000);
  expect([given, isDate]).toEqual(['5', 'true']);
});
