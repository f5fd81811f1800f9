import { describe, expect, test } from 'vitest';
import { enabledEndpoints } from '../../src/domain/catalogue/index.ts';
import type { ErrorClass } from '../../src/domain/errors.ts';
import {
  CATCH_UP,
  FULL_SYNC,
  HIDDEN,
  NAMED,
  NEVER,
  OPERATOR,
  READ,
  TIMER,
  decisions,
  failing,
  hours,
  now,
  owed,
  refused,
  seconds,
  type Row,
} from './decisions.ts';

describe('(I25) a failing full read', () => {
  test.each<Row>([
    ['keeps no delta from being read', { debts: { full: failing() } }, NAMED, ['read delta webhook']],
    ['and its sweep keep none', { debts: { sweep: failing() } }, NAMED, ['read delta webhook']],
    [
      'of what was never read lets news be read from its beginning',
      { ...NEVER, fullBegun: hours(-3), debts: { full: failing({ triedAt: seconds(-10) }) } },
      NAMED,
      ['owe full +1h NETWORK', 'read delta webhook'],
    ],
    ['waits for its pause', { debts: { full: failing() } }, TIMER, []],
    [
      'is tried when its pause is over',
      { debts: { full: { ...failing(), dueAt: now } } },
      TIMER,
      ['read full retry'],
    ],
    [
      'is tried when you ask for it',
      { debts: { full: failing() } },
      { ...OPERATOR, hidden: true },
      ['read full hidden-change', 'read delta operator'],
    ],
  ])('%s', (_what, history, ask, expected) => {
    expect(decisions(history, ask)).toEqual(expected);
  });
});

describe('what fails together', () => {
  // Tried half an hour ago, and due in an hour.
  const nearly = { ...failing(), dueAt: hours(0.2) };
  test.each<Row>([
    [
      'is tried by one timer',
      { debts: { delta: nearly, full: nearly } },
      TIMER,
      ['read full retry', 'read delta retry'],
    ],
    ['is not tried long before its pause is over', { debts: { delta: failing() } }, TIMER, []],
    ['is not tried for a webhook about something else', { debts: { delta: nearly } }, {}, []],
  ])('%s', (_what, history, ask, expected) => {
    expect(decisions(history, ask)).toEqual(expected);
  });
});

describe('(I25) a failing delta', () => {
  test.each<Row>([
    [
      'keeps no full read from being made',
      { debts: { delta: failing(), full: owed() } },
      TIMER,
      ['read full owed'],
    ],
    ['waits for its pause', { debts: { delta: failing() } }, TIMER, []],
    [
      'is tried at once for a webhook, which is news',
      { debts: { delta: failing() } },
      NAMED,
      ['read delta webhook'],
    ],
    [
      'is tried for a webhook once in RETRY_INTERVAL',
      { debts: { delta: failing({ triedAt: seconds(-59) }) } },
      NAMED,
      ['owe delta +1h NETWORK'],
    ],
    ['is not tried for a webhook about something else', { debts: { delta: failing() } }, {}, []],
    [
      'is tried by the catch-up',
      { debts: { delta: failing({ triedAt: seconds(-1) }) } },
      CATCH_UP,
      ['read delta retry'],
    ],
    [
      'is tried for you',
      { debts: { delta: failing({ triedAt: seconds(-1) }) } },
      OPERATOR,
      ['read delta retry'],
    ],
    [
      'is tried when its pause is over',
      { debts: { delta: { ...failing(), dueAt: now } } },
      {},
      ['read delta retry'],
    ],
  ])('%s', (_what, history, ask, expected) => {
    expect(decisions(history, ask)).toEqual(expected);
  });
});

describe('a failing sweep', () => {
  test.each<Row>([
    ['waits for its pause', { debts: { sweep: failing() } }, TIMER, []],
    [
      'is tried when its pause is over',
      { debts: { sweep: { ...failing(), dueAt: now } } },
      TIMER,
      ['read sweep retry'],
    ],
    [
      'is tried by the catch-up',
      { debts: { sweep: failing() } },
      CATCH_UP,
      ['read delta catch-up', 'read sweep retry'],
    ],
  ])('%s', (_what, history, ask, expected) => {
    expect(decisions(history, ask)).toEqual(expected);
  });
});

describe('an endpoint that the tool does not offer', () => {
  const off = { debts: { delta: refused({ triedAt: seconds(-10) }) } };
  const kombo = { unavailableModels: ['lms_courses'] };
  const no = 'MODEL_NOT_AVAILABLE';

  test('by Kombo’s list is skipped, and what was asked for stays owed', () => {
    expect(decisions(READ, NAMED, kombo)).toEqual(['owe delta', `skip delta ${no}`]);
    expect(decisions(READ, HIDDEN, kombo)).toEqual(['owe full', `skip full ${no}`]);
    expect(decisions(READ, FULL_SYNC, kombo)).toEqual(['owe full', `skip full ${no}`]);
    expect(decisions(READ, {}, kombo)).toEqual([]);
  });
  test('owes nothing when it was never read: it is read as soon as it is offered', () => {
    expect(decisions(NEVER, NAMED, kombo)).toEqual([`skip delta ${no}`]);
  });
  test('by its own answer is left alone for a day', () => {
    expect(decisions(off, TIMER)).toEqual([]);
    expect(decisions(off, CATCH_UP)).toEqual(['owe delta', 'skip delta INTEGRATION.MODEL_DISABLED']);
    expect(decisions({ debts: { delta: { ...refused(), dueAt: now } } }, TIMER)).toEqual([
      'read delta retry',
    ]);
  });
  test('(I25) is tried at once for a webhook that names it, once in RETRY_INTERVAL', () => {
    expect(decisions({ debts: { delta: refused() } }, NAMED)).toEqual(['read delta webhook']);
    expect(decisions({ debts: { delta: refused() } }, FULL_SYNC)).toEqual(['read full full-sync']);
    expect(decisions(off, NAMED)).toEqual(['owe delta', 'skip delta INTEGRATION.MODEL_DISABLED']);
    expect(decisions(off, OPERATOR)).toEqual(['read delta retry']);
  });
  test('in one way is not read in another way either', () => {
    expect(decisions({ debts: { full: refused({ triedAt: seconds(-10) }) } }, NAMED)).toEqual([
      'owe delta',
      'skip delta INTEGRATION.MODEL_DISABLED',
    ]);
  });
});

test('(I25) a named endpoint that can be read is read beside every kind of failure', () => {
  const classes: ErrorClass[] = [
    'Unavailable',
    'RequestRejected',
    'CursorRepeated',
    'IntegrationParked',
    'AccessDenied',
  ];
  for (const endpoint of enabledEndpoints('ATS')) {
    for (const errorClass of classes) {
      for (const kinds of [['full'], ['sweep'], ['full', 'sweep']] as const) {
        const debts = Object.fromEntries(kinds.map((kind) => [kind, failing({ errorClass })]));
        expect(decisions({ debts }, NAMED, {}, endpoint.path)).toContain('read delta webhook');
      }
    }
  }
});
