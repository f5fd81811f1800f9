import type { History } from './history.ts';

const QUIET = { quiet: false, sameInstant: false } as const;
const PLAIN = { skewMs: 0, overlapMs: 0, pageSize: 2, eraseEmptied: false, lag: false } as const;

/** Histories that once ended wrongly; they are played first, for ever. */
export const KEPT: readonly History[] = [
  {
    // A page that a delta had asked for before a sweep, and wrote after it, brought back what the sweep had deleted.
    ...PLAIN,
    steps: [
      { do: 'change', id: 'b', kind: 'own', ...QUIET },
      { do: 'open', kind: 'delta' },
      { do: 'fetch', pass: 0 },
      { do: 'change', id: 'b', kind: 'own', ...QUIET },
      { do: 'open', kind: 'delta' },
      { do: 'fetch', pass: 0 },
      { do: 'commit', pass: 3 },
      { do: 'change', id: 'b', kind: 'vanished', ...QUIET },
    ],
  },
  {
    // A record that was deleted, came back and was deleted again, each time emptied before anybody read it.
    ...PLAIN,
    steps: [
      { do: 'change', id: 'b', kind: 'own', ...QUIET },
      { do: 'change', id: 'b', kind: 'emptied', ...QUIET },
      { do: 'open', kind: 'delta' },
      { do: 'fetch', pass: 0 },
      { do: 'change', id: 'b', kind: 'restored', ...QUIET },
      { do: 'commit', pass: 0 },
      { do: 'change', id: 'b', kind: 'emptied', ...QUIET },
    ],
  },
  {
    // A delta that built on a full pass whose first page had not come began by our clock, which was ahead of Kombo's.
    ...PLAIN,
    skewMs: -700,
    steps: [
      { do: 'open', kind: 'delta' },
      { do: 'change', id: 'a', kind: 'restored', ...QUIET },
      { do: 'fetch', pass: 0 },
      { do: 'sync', kind: 'delta' },
    ],
  },
];
