import { expect, test } from 'vitest';
import { SyncMeter } from '../../src/cli/sync/meter.ts';
import { endpointText, syncLine } from '../../src/cli/sync/progress-text.ts';
import { NO_COUNTS } from '../../src/domain/counts.ts';
import type { PassProgress } from '../../src/store/reports/progress.ts';

const BEGIN = Date.parse('2026-01-15T12:00:00Z');

function pass(endpoint: string, records: number, more: Partial<PassProgress> = {}): PassProgress {
  return {
    id: endpoint,
    syncId: 'run/1',
    workflowId: 'full-sync/x:1',
    runId: 'run',
    endpoint,
    kind: 'full',
    state: 'running',
    trigger: 'manual',
    startedAt: new Date(BEGIN),
    finishedAt: null,
    activeAt: new Date(BEGIN),
    counts: { ...NO_COUNTS, pages: Math.ceil(records / 250), records },
    error: null,
    sweepMessage: null,
    quietChecks: 0,
    quietSince: null,
    whole: true,
    sweeping: false,
    because: 'full-sync',
    waitsUntil: null,
    ...more,
  };
}

const at = (seconds: number) => BEGIN + seconds * 1_000;

test('rate and end follow from two looks and the expected number', () => {
  const meter = new SyncMeter(new Map([['/lms/users', 8_000]]));
  const first = meter.look([pass('/lms/users', 1_000)], at(0));
  expect(first.endpoints[0]).toMatchObject({ rate: null, endsInMs: null, expected: 8_000 });
  const second = meter.look([pass('/lms/users', 3_000)], at(10));
  expect(second.endpoints[0]).toMatchObject({ rate: 200, endsInMs: 25_000 });
  expect(second).toMatchObject({ ended: 0, total: 1, records: 3_000, rate: 200, endsInMs: 25_000 });
  expect(endpointText(second.endpoints[0]!)).toBe(
    '/lms/users: 12 pages, 3000 records of about 8000 (37%), 200/s, ends in about 25 s',
  );
  expect(syncLine('x:1', second)).toBe(
    'x:1  0/1 endpoints · 3000 records · 200/s · ends in about 25 s · reading /lms/users 37%',
  );
});

test('the rate covers the last half minute', () => {
  const meter = new SyncMeter(new Map());
  const rates = new Map<number, number | null>();
  for (let second = 0; second <= 60; second += 5) {
    const records = second <= 20 ? second * 100 : 2_000 + (second - 20) * 10;
    rates.set(second, meter.look([pass('/lms/users', records)], at(second)).rate);
  }
  expect(rates.get(20)).toBe(100);
  expect(rates.get(60)).toBe(10);
});

test('without an expected number there is no end time', () => {
  const meter = new SyncMeter(
    new Map([
      ['/lms/users', 8_000],
      ['/lms/skills', null],
    ]),
  );
  meter.look([pass('/lms/users', 0)], at(0));
  const view = meter.look([pass('/lms/users', 1_000)], at(10));
  expect(view.endpoints[0]!.endsInMs).toBe(70_000);
  expect(view.endsInMs).toBeNull();
});

test('the sync ends with its slowest endpoint, and endpoints that have not begun count', () => {
  const meter = new SyncMeter(
    new Map([
      ['/lms/users', 3_000],
      ['/lms/courses', 1_000],
      ['/lms/skills', 1_000],
    ]),
  );
  meter.look([pass('/lms/users', 0), pass('/lms/courses', 0)], at(0));
  const view = meter.look([pass('/lms/users', 1_000), pass('/lms/courses', 500)], at(10));
  // (2000 + 500 + 1000) records at 150/s
  expect(Math.round(view.endsInMs!)).toBe(23_333);
  const finished = { state: 'completed', finishedAt: new Date(at(11)) } as const;
  const later = meter.look(
    [pass('/lms/users', 1_100), pass('/lms/courses', 1_000, finished), pass('/lms/skills', 1_000, finished)],
    at(11),
  );
  // 1900 records of users at 100/s, although all endpoints together are faster.
  expect(later).toMatchObject({ ended: 2, endsInMs: 19_000 });
});

test('more records than expected show 99%, and a read since a date has no expected number', () => {
  const meter = new SyncMeter(new Map([['/lms/users', 100]]));
  meter.look([pass('/lms/users', 0)], at(0));
  const more = meter.look([pass('/lms/users', 250)], at(1)).endpoints[0]!;
  expect(endpointText(more)).toBe('/lms/users: 1 page, 250 records of about 100 (99%), 250/s');
  const windowed = meter.look([pass('/lms/users', 250, { whole: false })], at(2)).endpoints[0]!;
  expect(windowed).toMatchObject({ expected: null, endsInMs: null });
});

test('an ended endpoint shows how long it took', () => {
  const meter = new SyncMeter(new Map());
  const done = pass('/lms/users', 3_000, { state: 'completed', finishedAt: new Date(at(4)) });
  const failed = pass('/lms/skills', 0, { state: 'failed', finishedAt: new Date(BEGIN + 400) });
  const sweeping = pass('/lms/courses', 10, { state: 'completed', sweeping: true });
  const view = meter.look([done, failed, sweeping], at(5));
  expect(view.ended).toBe(2);
  expect(view.endpoints.map(endpointText)).toEqual([
    '/lms/users: completed, 12 pages, 3000 records in 4.0 s (750/s)',
    '/lms/skills: failed, 0 pages, 0 records in 0.4 s',
    '/lms/courses: 1 page, 10 records, now asking Kombo about what the listing lacks',
  ]);
  expect(syncLine('x:1', view)).toBe('x:1  2 endpoints · 3010 records · reading /lms/courses 10');
});

test('a pass that waits shows why and until when', () => {
  const meter = new SyncMeter(new Map([['/lms/users', 1_000]]));
  const error = { code: 'RateLimited', message: 'The limit is used up.' };
  const waiting = pass('/lms/users', 250, { waitsUntil: new Date(at(60)), error });
  expect(endpointText(meter.look([waiting], at(0)).endpoints[0]!)).toBe(
    '/lms/users: 1 page, 250 records of about 1000 (25%), continues in 1 min: The limit is used up.',
  );
  expect(endpointText(meter.look([waiting], at(61)).endpoints[0]!)).not.toContain('continues');
});
