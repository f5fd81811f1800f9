import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { askedByKombo, clockCorrection, planWindow, type WindowRequest } from '../../src/domain/window.ts';

const at = (text: string) => new Date(text);
const request = (given: Partial<WindowRequest>): WindowRequest => ({
  kind: 'delta',
  filter: 'updated_after',
  watermark: at('2026-03-01T00:00:00Z'),
  fullBegun: null,
  now: at('2026-03-02T00:00:00Z'),
  overlapMs: 300_000,
  ...given,
});

describe('the window of a pass (I8)', () => {
  test('a delta reads from the watermark minus the overlap, and moves the watermark', () => {
    expect(planWindow(request({}))).toEqual({
      updatedAfter: at('2026-02-28T23:55:00Z'),
      movesWatermark: true,
      driftBefore: null,
    });
  });

  test('without a watermark a delta reads everything', () => {
    expect(planWindow(request({ watermark: null }))).toMatchObject({
      updatedAfter: null,
      movesWatermark: true,
    });
  });

  test('(I25) without a watermark a delta reads from the start of the running full pass, and moves no watermark', () => {
    expect(planWindow(request({ watermark: null, fullBegun: at('2026-03-01T12:00:00Z') }))).toEqual({
      updatedAfter: at('2026-03-01T11:55:00Z'),
      movesWatermark: false,
      driftBefore: null,
    });
  });

  test('a delta that begins before the life of a tombstone moves no watermark, since deletions may have left no trace', () => {
    const since = { updatedAfter: at('2026-02-28T23:55:00Z') };
    expect(planWindow(request({ now: at('2026-03-16T00:00:00Z') }))).toMatchObject({
      ...since,
      movesWatermark: false,
    });
    expect(planWindow(request({ now: at('2026-03-14T00:00:00Z') }))).toMatchObject({
      ...since,
      movesWatermark: true,
    });
  });

  test('an endpoint without a filter is always read in full', () => {
    expect(planWindow(request({ filter: 'none' }))).toMatchObject({
      updatedAfter: null,
      movesWatermark: true,
    });
  });

  test('a full pass since a date moves the watermark only if it leaves no gap', () => {
    const since = (text: string) => planWindow(request({ kind: 'full', since: at(text) }));
    expect(since('2026-02-01T00:00:00Z')).toMatchObject({ movesWatermark: true });
    expect(since('2026-03-01T12:00:00Z')).toMatchObject({ movesWatermark: false });
    expect(
      planWindow(request({ kind: 'full', since: at('2026-02-01T00:00:00Z'), watermark: null })),
    ).toMatchObject({
      movesWatermark: false,
    });
  });

  test('property: completed passes never leave a gap, in any order', () => {
    const step = fc.record({
      kind: fc.constantFrom('delta' as const, 'full' as const),
      since: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
      completes: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const hour = 3_600_000;
        let watermark: Date | null = null;
        let coveredUpTo = -1;
        steps.forEach((pass, index) => {
          const now = new Date((index + 1) * hour);
          const since = pass.since === undefined ? undefined : new Date(pass.since * hour);
          const window = planWindow(request({ kind: pass.kind, watermark, now, since }));
          if (!pass.completes) return;
          const from = window.updatedAfter?.getTime() ?? -1;
          if (from <= coveredUpTo || window.updatedAfter === null)
            coveredUpTo = Math.max(coveredUpTo, now.getTime());
          if (window.movesWatermark) watermark = new Date(Math.max(now.getTime(), watermark?.getTime() ?? 0));
          if (watermark) expect(watermark.getTime()).toBeLessThanOrEqual(coveredUpTo);
        });
      }),
    );
  });
});

describe('clock skew (I8)', () => {
  test('a clock ahead of that of Kombo moves the start back; a clock behind does not', () => {
    expect(clockCorrection(at('2026-03-01T00:00:00Z'), at('2026-03-01T00:01:30Z'))).toBe(-90_000);
    expect(clockCorrection(at('2026-03-01T00:01:30Z'), at('2026-03-01T00:00:00Z'))).toBe(0);
  });

  test('a stale header moves the start back by at most a day', () => {
    expect(clockCorrection(at('2020-01-01T00:00:00Z'), at('2026-03-01T00:00:00Z'))).toBe(-86_400_000);
  });

  test('a missing or unreadable Date header corrects nothing', () => {
    expect(clockCorrection(null, at('2026-03-01T00:00:00Z'))).toBe(0);
    expect(clockCorrection(new Date(Number.NaN), at('2026-03-01T00:00:00Z'))).toBe(0);
  });

  test('the time of a request is that of the answer minus what the answer took', () => {
    expect(askedByKombo(at('2026-03-01T00:01:30Z'), 1_500.2)).toEqual(at('2026-03-01T00:01:28.499Z'));
    expect(askedByKombo(null, 1_500)).toBeNull();
    expect(askedByKombo(new Date(Number.NaN), 1_500)).toBeNull();
  });
});
