import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  deadline,
  joinWanted,
  readDeliveries,
  readModels,
  want,
  type Asked,
  type Wanted,
} from '../../src/domain/wanted.ts';

const options = { quietMs: 5_000, maxWaitMs: 60_000 };
const requests = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 1_000_000 }),
    models: fc.array(fc.constantFrom('ats_jobs', 'ats_tags', 'ats_offers'), { maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 50 },
);

const collect = (list: ({ at: number } & Asked)[]): Wanted =>
  list.reduce<Wanted | undefined>((wanted, { at, ...asked }) => want(wanted, asked, at), undefined)!;

describe('(I5) debounce arithmetic', () => {
  test('a burst is due a quiet time after its last request', () => {
    expect(deadline(collect([0, 10, 20].map((at) => ({ at, models: ['ats_jobs'] }))), options)).toBe(5_020);
  });

  test('a steady stream is due at most the maximum wait after its first request', () => {
    const stream = Array.from({ length: 200 }, (_, i) => ({ at: i * 1_000, models: ['ats_jobs'] }));
    expect(deadline(collect(stream), options)).toBe(60_000);
  });

  test('an urgent request is due at once, even if more comes later', () => {
    expect(deadline(collect([{ at: 7, urgent: true }, { at: 20 }]), options)).toBe(7);
  });

  test('property: all messages in any order are due within both bounds', () => {
    fc.assert(
      fc.property(requests, (list) => {
        const due = deadline(collect(list), options);
        const times = list.map(({ at }) => at);
        expect(due).toBeLessThanOrEqual(Math.min(...times) + options.maxWaitMs);
        expect(due).toBeLessThanOrEqual(Math.max(...times) + options.quietMs);
        expect(due).toBe(deadline(collect([...list].reverse()), options));
      }),
    );
  });
});

describe('(I6) the wanted state of a run', () => {
  test('property: every named model is kept once', () => {
    fc.assert(
      fc.property(requests, (list) => {
        const names = new Set(list.flatMap(({ models }) => models));
        expect(collect([...list, ...list]).models).toEqual([...names].sort());
      }),
    );
  });

  test('keeps all requests, the newest deletion, and the sums of the deliveries', () => {
    const wanted = collect([
      { at: 1, lookUp: true, deletedAt: 50, deliveries: [{ type: 'a', times: 2, firstAt: 1, lastAt: 1 }] },
      { at: 2, everything: true, deletedAt: 40, tool: 'bombohr', category: 'ATS' },
      { at: 3, urgent: true, deliveries: [{ type: 'a', times: 1, firstAt: 3, lastAt: 3 }] },
    ]);
    expect(wanted).toEqual({
      models: [],
      everything: true,
      urgent: true,
      lookUp: true,
      deletedAt: 50,
      tool: 'bombohr',
      category: 'ATS',
      deliveries: [{ type: 'a', times: 3, firstAt: 1, lastAt: 3 }],
      firstAt: 1,
      lastAt: 3,
    });
  });

  test('is put back together with what came in the meantime', () => {
    const taken = want(undefined, { models: ['a'], lookUp: true }, 10);
    expect(joinWanted(want(undefined, { models: ['b'] }, 20), taken)).toMatchObject({
      models: ['a', 'b'],
      lookUp: true,
      firstAt: 10,
      lastAt: 20,
    });
    expect(joinWanted(undefined, taken)).toEqual(taken);
  });
});

describe('(I26) input from outside is bounded', () => {
  test('more names than Kombo has models mean all models', () => {
    const names = Array.from({ length: 201 }, (_, index) => `model_${index}`);
    expect(want(undefined, { models: names.slice(1) }, 0)).toMatchObject({ everything: false });
    expect(want(undefined, { models: names }, 0)).toMatchObject({ models: [], everything: true });
  });

  test('24 deliveries of 500 long names stay far below the limit of a workflow', () => {
    const wanted = collect(
      Array.from({ length: 24 }, (_, delivery) => ({
        at: delivery,
        models: Array.from({ length: 500 }, (_, index) => `${delivery}-${index}`.padEnd(200, 'é')),
      })),
    );
    expect(Buffer.byteLength(JSON.stringify(wanted))).toBeLessThan(100_000);
    expect(wanted.everything).toBe(true);
  });

  test.each([undefined, null, 7, 'a', [], {}, { models: 'a' }, { models: null }])(
    '%j names no model and no delivery',
    (message) => {
      expect(readModels(message)).toEqual([]);
      expect(readDeliveries(message, 0)).toEqual([]);
    },
  );

  test('names and counts that are not valid are left out', () => {
    const models = ['ats_jobs', 1, null, {}, '', 'x'.repeat(201), 'a\0b', 'half \ud800', 'a\u200bb'];
    expect(readModels({ models })).toEqual(['ats_jobs']);
    const deliveries = { ok: 2, 'half \ud800': 1, half: 1.5, none: 0, less: -1, text: '3', nan: Number.NaN };
    expect(readDeliveries({ deliveries }, 9)).toEqual([{ type: 'ok', times: 2, firstAt: 9, lastAt: 9 }]);
  });

  test('only as many types of deliveries are kept as Kombo can have', () => {
    const types = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`type ${index}`, 1]));
    const wanted = want(undefined, { deliveries: readDeliveries({ deliveries: types }, 0) }, 0);
    expect(wanted.deliveries).toHaveLength(30);
    const huge = { type: 'type 0', times: 1_000_000_000, firstAt: 0, lastAt: 0 };
    expect(want(wanted, { deliveries: [huge] }, 1).deliveries[0]?.times).toBe(1_000_000_000);
  });
});
