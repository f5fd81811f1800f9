import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addModels, deadline, type Pending } from '../../src/domain/debounce.ts';

const options = { quietMs: 5_000, maxWaitMs: 60_000 };
const signals = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 1_000_000 }),
    models: fc.array(fc.constantFrom('ats_jobs', 'ats_tags', 'ats_offers'), { maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 50 },
);

function collect(list: { at: number; models: string[] }[]): Pending {
  return list.reduce<Pending | undefined>(
    (pending, { models, at }) => addModels(pending, models, at),
    undefined,
  )!;
}

describe('debounce arithmetic (I5)', () => {
  test('a burst is due a quiet time after its last signal', () => {
    const pending = collect([0, 10, 20].map((at) => ({ at, models: ['ats_jobs'] })));
    expect(deadline(pending, options)).toBe(20 + 5_000);
  });

  test('a steady stream is due at the latest the maximum wait after its first signal', () => {
    const pending = collect(Array.from({ length: 200 }, (_, i) => ({ at: i * 1_000, models: ['ats_jobs'] })));
    expect(deadline(pending, options)).toBe(60_000);
  });

  test('property: due within both bounds, whatever comes in whatever order', () => {
    fc.assert(
      fc.property(signals, (list) => {
        const due = deadline(collect(list), options);
        const times = list.map(({ at }) => at);
        expect(due).toBeLessThanOrEqual(Math.min(...times) + options.maxWaitMs);
        expect(due).toBeLessThanOrEqual(Math.max(...times) + options.quietMs);
        expect(due).toBe(deadline(collect([...list].reverse()), options));
      }),
    );
  });

  test('property: every model that was named is kept, once (I6)', () => {
    fc.assert(
      fc.property(signals, (list) => {
        expect(collect([...list, ...list]).models).toEqual(
          [...new Set(list.flatMap(({ models }) => models))].sort(),
        );
      }),
    );
  });
});
