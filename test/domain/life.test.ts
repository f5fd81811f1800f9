import { describe, expect, test } from 'vitest';
import {
  isBack,
  isDeletionOf,
  isSaidByReads,
  judgeSighting,
  mayHaveMissed,
  parkedBy,
  parkedWords,
  REMOVED,
  whyParked,
  type KnownLife,
  type Seen,
} from '../../src/domain/life.ts';

const day = (number: number) => new Date(Date.UTC(2026, 2, number));
const GOOD: Seen = { state: 'ACTIVE', setupStatus: 'COMPLETED', createdAt: day(1), dataExpiredAt: null };

describe('an answer of Kombo about an integration', () => {
  test.each([
    [{ status: 'ACTIVE', setupStatus: 'COMPLETED' }, undefined, undefined],
    [{ status: 'INVALID', setupStatus: 'COMPLETED' }, 'INVALID', true],
    [{ status: 'INACTIVE', setupStatus: 'COMPLETED' }, 'INACTIVE', true],
    [{ status: 'ACTIVE', setupStatus: 'INCOMPLETE' }, 'SETUP_INCOMPLETE', true],
    [{ status: 'ACTIVE', setupStatus: 'FINAL_SYNC_PENDING' }, 'SETUP_SYNC_PENDING', false],
    [{ status: 'INVALID', setupStatus: 'FINAL_SYNC_PENDING' }, 'INVALID', true],
    [{ status: 'BRAND_NEW', setupStatus: 'BRAND_NEW' }, undefined, undefined],
    [{ status: null, setupStatus: null }, undefined, undefined],
  ])('%j parks it with %s (needs you: %s)', (state, code, needsAttention) => {
    expect(whyParked(state)?.code).toBe(code);
    expect(whyParked(state)?.needsAttention).toBe(needsAttention);
  });

  test('each reason says what to do, or that the integration continues by itself', () => {
    for (const state of [
      { status: 'INVALID', setupStatus: null },
      { status: 'INACTIVE', setupStatus: null },
      { status: null, setupStatus: 'INCOMPLETE' },
      { status: null, setupStatus: 'FINAL_SYNC_PENDING' },
    ]) {
      expect(whyParked(state)?.message).toMatch(/reconnect|Switch it on|Finish it|by itself/);
    }
  });

  test('of the codes of refused reads, only that of the first sync passes without you', () => {
    expect(parkedBy('INTEGRATION.SETUP_SYNC_PENDING').needsAttention).toBe(false);
    expect(parkedBy('SETUP_SYNC_PENDING').needsAttention).toBe(false);
    for (const code of ['INTEGRATION.QA_FAILED', 'INTEGRATION.SETUP_INCOMPLETE', 'INTEGRATION.INACTIVE']) {
      expect(parkedBy(code).needsAttention).toBe(true);
    }
  });

  test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'the state or code %s, which every object has as a key, is unknown',
    (name) => {
      expect(whyParked({ status: name, setupStatus: name })).toBeUndefined();
      expect(parkedBy(name, 'Kombo said so.')).toEqual({
        code: name,
        message: 'Kombo said so. Look at it in the Kombo dashboard. It continues here by itself.',
        needsAttention: true,
      });
      expect(parkedWords(name, 'Kombo said so.').what).toBe('Kombo said so.');
    },
  );

  test('codes of look-ups are distinguished from codes of refused reads', () => {
    for (const code of ['INVALID', 'INACTIVE', 'SETUP_INCOMPLETE', 'SETUP_SYNC_PENDING']) {
      expect(isSaidByReads(code)).toBe(false);
    }
    expect(isSaidByReads('INTEGRATION.QA_FAILED')).toBe(true);
    expect(isSaidByReads(null)).toBe(false);
  });
});

describe('(I21) data may have changed without a trace', () => {
  test.each<[string, Partial<Seen>, Partial<Seen>, boolean]>([
    ['nothing is new', {}, {}, false],
    ['it was invalid', { state: 'INVALID' }, {}, true],
    ['it was switched off', { state: 'INACTIVE' }, {}, true],
    ['its setup was not finished', { setupStatus: 'FINAL_SYNC_PENDING' }, {}, true],
    ['it is invalid now', {}, { state: 'INVALID' }, false],
    ['it is still invalid', { state: 'INVALID' }, { state: 'INVALID' }, false],
    ['it was invalid and is switched off', { state: 'INVALID' }, { state: 'INACTIVE' }, false],
    ['its data was stale and is fresh', { dataExpiredAt: day(2) }, {}, true],
    ['its data is stale', {}, { dataExpiredAt: day(2) }, false],
    ['its data is stale again', { dataExpiredAt: day(2) }, { dataExpiredAt: day(3) }, false],
    ['it is a newer connection with the same id', {}, { createdAt: day(2) }, true],
    ['Kombo does not say when it was made', {}, { createdAt: null }, false],
    ['nothing was known about it', { state: null, setupStatus: null, createdAt: null }, {}, false],
  ])('%s: %j, then %j', (_, before, now, expected) => {
    expect(mayHaveMissed({ ...GOOD, ...before }, { ...GOOD, ...now })).toBe(expected);
  });
});

describe('(I21) deletions and removals', () => {
  test.each([
    ['after the connection was made', day(2), day(1), true],
    ['at the same time', day(1), day(1), true],
    ['before the connection was made, of an earlier life', day(1), day(2), false],
    ['if Kombo does not say when the connection was made', day(1), null, true],
  ])('a deletion %s', (_, deletedAt, createdAt, expected) => {
    expect(isDeletionOf(deletedAt, { createdAt })).toBe(expected);
  });

  test.each([
    [REMOVED.deleted, day(2), day(1), false],
    [REMOVED.deleted, day(2), day(2), false],
    [REMOVED.deleted, day(2), day(3), true],
    [REMOVED.deleted, day(2), null, false],
    [REMOVED.byHand, day(2), day(1), false],
    [REMOVED.byHand, day(2), day(3), true],
    // A 404 may be a mistake: the integration is back as soon as Kombo shows it.
    [REMOVED.unknown, day(2), day(1), true],
    [REMOVED.unknown, day(2), null, true],
    [null, null, day(1), true],
  ])('removed as %s at %s and made at %s, it is back: %s', (code, at, createdAt, expected) => {
    expect(isBack({ code, at }, { createdAt })).toBe(expected);
  });
});

describe('(I21) the judgement compares what Kombo shows with what is known', () => {
  const ACTIVE: KnownLife = {
    ...GOOD,
    status: 'active',
    statusCode: null,
    statusSince: day(1),
    removedAt: null,
    knownSince: day(1),
    deletionsVoidUpTo: null,
  };
  const now = day(9);
  const removed = (code: string): KnownLife => ({
    ...ACTIVE,
    status: 'removed',
    statusCode: code,
    removedAt: day(5),
  });
  const parked = (code: string): KnownLife => ({ ...ACTIVE, status: 'parked', statusCode: code });
  const there = (more: object = {}) => ({
    case: 'there',
    revive: false,
    keepPause: false,
    unpark: false,
    missed: false,
    ...more,
  });

  test.each<[string, KnownLife | undefined, Partial<Seen>, object]>([
    ['nothing is known about it', undefined, {}, there()],
    ['nothing is new', ACTIVE, {}, there()],
    ['it is invalid now', ACTIVE, { state: 'INVALID' }, there({ parked: { code: 'INVALID' } })],
    [
      'it was invalid and is valid',
      { ...parked('INVALID'), state: 'INVALID' },
      {},
      there({ unpark: true, missed: true }),
    ],
    [
      'reads were refused, which only a read can end',
      parked('INTEGRATION.QA_FAILED'),
      {},
      there({ missed: true }),
    ],
    ['it is connected again', ACTIVE, { createdAt: day(2) }, there({ missed: true })],
    ['it was deleted', removed(REMOVED.deleted), {}, { case: 'still-removed' }],
    [
      'it was deleted and is connected again',
      removed(REMOVED.deleted),
      { createdAt: day(6) },
      there({ revive: true, missed: true }),
    ],
    ['you removed it', removed(REMOVED.byHand), {}, { case: 'still-removed' }],
    [
      'a 404 was a mistake',
      removed(REMOVED.unknown),
      {},
      there({ revive: true, keepPause: true, missed: true }),
    ],
    [
      'a 404 was right, and it is another connection',
      removed(REMOVED.unknown),
      { createdAt: day(6) },
      there({ revive: true, missed: true }),
    ],
  ])('%s', (_, known, found, expected) => {
    expect(judgeSighting(known, { ...GOOD, ...found }, { now })).toMatchObject(expected);
  });

  describe('a deletion that a webhook reported', () => {
    const deleted = { deletedAt: day(3), now };
    const doubted = (since: Date): KnownLife => ({ ...parked('DeletionDoubted'), statusSince: since });

    test('is doubted for a day while Kombo shows a connection that can be read; then the answer of Kombo counts', () => {
      const doubt = { case: 'doubted', parked: { code: 'DeletionDoubted', needsAttention: false } };
      expect(judgeSighting(ACTIVE, GOOD, deleted)).toMatchObject(doubt);
      expect(judgeSighting(undefined, GOOD, deleted)).toMatchObject(doubt);
      expect(judgeSighting(doubted(new Date(now.getTime() - 23 * 3_600_000)), GOOD, deleted)).toMatchObject(
        doubt,
      );
      expect(judgeSighting(doubted(day(8)), GOOD, deleted)).toMatchObject(
        there({ unpark: true, missed: true, parked: undefined }),
      );
    });

    test('is believed as soon as Kombo shows that it cannot be read, or if a 404 has confirmed it', () => {
      const gone = { case: 'deleted', at: day(3) };
      for (const found of [{ state: 'INACTIVE' }, { state: 'INVALID' }, { setupStatus: 'INCOMPLETE' }]) {
        expect(judgeSighting(ACTIVE, { ...GOOD, ...found }, deleted)).toEqual(gone);
        expect(judgeSighting(doubted(day(8)), { ...GOOD, ...found }, deleted)).toEqual(gone);
      }
      expect(judgeSighting(removed(REMOVED.unknown), GOOD, deleted)).toEqual(gone);
    });

    test('counts from when the integration was known at the earliest, so that its data is not erased too early', () => {
      const known = { ...ACTIVE, createdAt: null, knownSince: day(2) };
      const found = { ...GOOD, createdAt: null, state: 'INACTIVE' };
      expect(judgeSighting(known, found, { deletedAt: day(1), now })).toEqual({
        case: 'deleted',
        at: day(2),
      });
    });

    test('does not count for a connection that was made later, or if you overruled it', () => {
      expect(judgeSighting(ACTIVE, { ...GOOD, createdAt: day(4) }, deleted)).toMatchObject({ case: 'there' });
      const overruled = { ...ACTIVE, deletionsVoidUpTo: day(3) };
      expect(judgeSighting(overruled, GOOD, deleted)).toMatchObject(there());
      expect(judgeSighting(overruled, GOOD, { deletedAt: day(4), now })).toMatchObject({ case: 'doubted' });
    });
  });

  test('you can bring back an integration that you or a 404 removed, but not one that was deleted in Kombo', () => {
    const byHand = { byHand: true, now };
    expect(judgeSighting(removed(REMOVED.byHand), GOOD, byHand)).toMatchObject({
      case: 'there',
      revive: true,
    });
    expect(judgeSighting(removed(REMOVED.unknown), GOOD, byHand)).toMatchObject({
      revive: true,
      keepPause: false,
    });
    expect(judgeSighting(removed(REMOVED.deleted), GOOD, byHand)).toEqual({ case: 'still-removed' });
  });

  test('you can overrule a removal and a doubted deletion at once', () => {
    const force = { byHand: true, force: true, deletedAt: day(6), now };
    expect(judgeSighting(removed(REMOVED.deleted), GOOD, force)).toMatchObject(
      there({ revive: true, missed: true }),
    );
    expect(judgeSighting(parked('DeletionDoubted'), GOOD, force)).toMatchObject(
      there({ unpark: true, missed: true }),
    );
  });
});
