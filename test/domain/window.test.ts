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

  test('with nothing to build on a delta reads everything', () => {
    expect(planWindow(request({ watermark: null }))).toMatchObject({
      updatedAfter: null,
      movesWatermark: true,
    });
  });

  test('(I25) before there is a watermark a delta reads from the beginning of the full pass, and moves nothing', () => {
    expect(planWindow(request({ watermark: null, fullBegun: at('2026-03-01T12:00:00Z') }))).toEqual({
      updatedAfter: at('2026-03-01T11:55:00Z'),
      movesWatermark: false,
      driftBefore: null,
    });
  });

  test('a delta from before the life of a tombstone moves no watermark: deletions may have left no trace', () => {
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

  test('an endpoint without a filter is always read whole', () => {
    expect(planWindow(request({ filter: 'none' }))).toMatchObject({
      updatedAfter: null,
      movesWatermark: true,
    });
  });

  test('a full pass since a date moves the watermark only when it leaves no gap', () => {
    const since = (text: string) => planWindow(request({ kind: 'full', since: at(text) }));
    expect(since('2026-02-01T00:00:00Z')).toMatchObject({ movesWatermark: true });
    expect(since('2026-03-01T12:00:00Z')).toMatchObject({ movesWatermark: false });
    expect(
      planWindow(request({ kind: 'full', since: at('2026-02-01T00:00:00Z'), watermark: null })),
    ).toMatchObject({
      movesWatermark: false,
    });
  });

  test('property: a chain of completed passes never leaves a gap, no matter what completes in which order', () => {
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
  test('a clock that runs ahead of Kombo moves the start back; one that runs behind does not move it', () => {
    expect(clockCorrection(at('2026-03-01T00:00:00Z'), at('2026-03-01T00:01:30Z'))).toBe(-90_000);
    expect(clockCorrection(at('2026-03-01T00:01:30Z'), at('2026-03-01T00:00:00Z'))).toBe(0);
  });

  test('a stale header moves the start back by a day at most', () => {
    expect(clockCorrection(at('2020-01-01T00:00:00Z'), at('2026-03-01T00:00:00Z'))).toBe(-86_400_000);
  });

  test('no or an unreadable Date header corrects nothing', () => {
    expect(clockCorrection(null, at('2026-03-01T00:00:00Z'))).toBe(0);
    expect(clockCorrection(new Date(Number.NaN), at('2026-03-01T00:00:00Z'))).toBe(0);
  });

  test('Kombo was asked before it answered, by as much as the answer took', () => {
    expect(askedByKombo(at('2026-03-01T00:01:30Z'), 1_500.2)).toEqual(at('2026-03-01T00:01:28.499Z'));
    expect(askedByKombo(null, 1_500)).toBeNull();
    expect(askedByKombo(new Date(Number.NaN), 1_500)).toBeNull();
  });
});
