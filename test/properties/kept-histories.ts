import type { History } from './steps.ts';

const QUIET = { quiet: false, sameInstant: false } as const;
const PLAIN = { skewMs: 0, overlapMs: 0, pageSize: 2, eraseEmptied: false, lag: false } as const;

/** Histories that once ended wrongly. They are always played first. */
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
    // A record that was deleted, came back and was deleted again, each time emptied before it was read.
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
    // A delta after a full pass without its first page began by our clock, which was ahead of Kombo's.
    ...PLAIN,
    skewMs: -700,
    steps: [
      { do: 'open', kind: 'delta' },
      { do: 'change', id: 'a', kind: 'restored', ...QUIET },
      { do: 'fetch', pass: 0 },
      { do: 'sync', kind: 'delta' },
    ],
  },
  {
    // Kombo was restored from a backup, and the older changed_at was always refused.
    ...PLAIN,
    steps: [
      { do: 'change', id: 'b', kind: 'own', ...QUIET },
      { do: 'change', id: 'b', kind: 'own', ...QUIET },
      { do: 'sync', kind: 'full' },
      { do: 'change', id: 'b', kind: 'rewound', ...QUIET },
    ],
  },
  {
    // A nested change was read after our clock was set back, and looked older than what was stored.
    ...PLAIN,
    steps: [
      { do: 'change', id: 'b', kind: 'own', ...QUIET },
      { do: 'sync', kind: 'full' },
      { do: 'jump', ms: -3_600_000 },
      { do: 'change', id: 'b', kind: 'covered', ...QUIET },
      { do: 'sync', kind: 'delta' },
    ],
  },
  {
    // Our clock ran ahead of Kombo's when a pass began, and was set back before its first answer came.
    ...PLAIN,
    skewMs: -700,
    steps: [
      { do: 'open', kind: 'delta' },
      { do: 'jump', ms: -3_600_000 },
      { do: 'fetch', pass: 0 },
      { do: 'commit', pass: 0 },
      { do: 'change', id: 'a', kind: 'own', ...QUIET },
      { do: 'open', kind: 'delta' },
      { do: 'open', kind: 'delta' },
      { do: 'fetch', pass: 0 },
      { do: 'commit', pass: 0 },
    ],
  },
  // The answer to a sweep arrives after a newer listing has taken the place of its own.
  {
    skewMs: 0,
    overlapMs: 0,
    pageSize: 2,
    eraseEmptied: false,
    lag: false,
    steps: [
      { do: 'open', kind: 'delta' },
      { do: 'change', id: 'e', kind: 'own', quiet: false, sameInstant: false },
      { do: 'fetch', pass: 0 },
      { do: 'change', id: 'e', kind: 'vanished', quiet: false, sameInstant: false },
      { do: 'open', kind: 'full' },
      { do: 'fetch', pass: 0 },
      { do: 'commit', pass: 1 },
      { do: 'commit', pass: 0 },
      { do: 'sweep', pass: 0 },
    ],
  },
];
