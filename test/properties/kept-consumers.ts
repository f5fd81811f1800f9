import type { ConsumerHistory, Step } from './consumer-history.ts';

const write = (writer: number, ids: string[], ms = 0) =>
  ({ do: 'write', writer, table: 'ats_tags', ids, isDeleted: false, ms }) as const;

/** Histories that are played each time. `FC_SEED` and `FC_PATH` play one that a failure has printed. */
export const KEPT_CONSUMERS: ConsumerHistory[] = [
  {
    // A transaction that took its numbers first commits last, and live rows are handed over meanwhile.
    consumers: [
      { from: 'beginning', tables: null, batch: 1 },
      { from: 'beginning', tables: ['ats_tags'], batch: 500 },
      { from: 0, tables: null, batch: 3 },
    ],
    steps: [
      write(0, ['a', 'b', 'c', 'd']),
      write(2, ['a', 'b'], 150),
      { do: 'wait', ms: 40 },
      { do: 'start', consumer: 0, fails: [2], ms: 0 },
      write(1, ['c', 'd', 'e'], 5),
      { do: 'start', consumer: 1, fails: [], ms: 0 },
      { do: 'start', consumer: 2, fails: [1, 3], ms: 5 },
      { do: 'cut', consumer: 0 },
      write(0, ['a', 'g'], 5),
      { do: 'start', consumer: 0, fails: [], ms: 0 },
      { do: 'crash', consumer: 2 },
      write(2, ['a', 'f'], 30),
      { do: 'crash', consumer: 0 },
    ],
  },
  {
    // One that was frozen is taken for gone, and works on when the next one has begun.
    consumers: [
      { from: 0, tables: null, batch: 3 },
      { from: 'beginning', tables: ['ats_tags'], batch: 1 },
      { from: 0, tables: ['ats_tags'], batch: 1 },
    ],
    steps: [
      write(0, ['a', 'b', 'c', 'd', 'e', 'f', 'g']),
      write(2, ['a', 'b', 'c', 'd', 'e', 'f', 'g']),
      { do: 'wait', ms: 40 },
      ...[0, 0, 1, 1, 2, 2].map((consumer): Step => ({ do: 'start', consumer, fails: [], ms: 30 })),
      ...Array.from({ length: 20 }).flatMap((_, index): Step[] => [
        { do: 'expire', consumer: index % 3 },
        { do: 'wait', ms: 40 },
      ]),
    ],
  },
];
