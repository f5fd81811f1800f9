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
    ['does not stop deltas', { debts: { full: failing() } }, NAMED, ['read delta webhook']],
    [
      'or a failing sweep does not stop deltas',
      { debts: { sweep: failing() } },
      NAMED,
      ['read delta webhook'],
    ],
    [
      'of an endpoint that was never read lets a delta read news from its start',
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

describe('reads that failed together', () => {
  // Tried half an hour ago, and due in an hour.
  const nearly = { ...failing(), dueAt: hours(0.2) };
  test.each<Row>([
    [
      'are tried by one timer',
      { debts: { delta: nearly, full: nearly } },
      TIMER,
      ['read full retry', 'read delta retry'],
    ],
    ['are not tried long before their pause ends', { debts: { delta: failing() } }, TIMER, []],
    ['is not tried for a webhook about something else', { debts: { delta: nearly } }, {}, []],
  ])('%s', (_what, history, ask, expected) => {
    expect(decisions(history, ask)).toEqual(expected);
  });
});

describe('(I25) a failing delta', () => {
  test.each<Row>([
    ['does not stop full reads', { debts: { delta: failing(), full: owed() } }, TIMER, ['read full owed']],
    ['waits for its pause', { debts: { delta: failing() } }, TIMER, []],
    ['is tried at once for a webhook', { debts: { delta: failing() } }, NAMED, ['read delta webhook']],
    [
      'is tried for webhooks once in RETRY_INTERVAL',
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
      'is tried if you ask for it',
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

  test('is skipped by Kombo’s list of models, and the read stays owed', () => {
    expect(decisions(READ, NAMED, kombo)).toEqual(['owe delta', `skip delta ${no}`]);
    expect(decisions(READ, HIDDEN, kombo)).toEqual(['owe full', `skip full ${no}`]);
    expect(decisions(READ, FULL_SYNC, kombo)).toEqual(['owe full', `skip full ${no}`]);
    expect(decisions(READ, {}, kombo)).toEqual([]);
  });
  test('owes nothing if it was never read, since it is read as soon as it is offered', () => {
    expect(decisions(NEVER, NAMED, kombo)).toEqual([`skip delta ${no}`]);
  });
  test('is not tried for a day after its own answer', () => {
    expect(decisions(off, TIMER)).toEqual([]);
    expect(decisions(off, CATCH_UP)).toEqual(['owe delta', 'skip delta INTEGRATION.MODEL_DISABLED']);
    expect(decisions({ debts: { delta: { ...refused(), dueAt: now } } }, TIMER)).toEqual([
      'read delta retry',
    ]);
  });
  test('(I25) is tried for a webhook that names it, at once and once in RETRY_INTERVAL', () => {
    expect(decisions({ debts: { delta: refused() } }, NAMED)).toEqual(['read delta webhook']);
    expect(decisions({ debts: { delta: refused() } }, FULL_SYNC)).toEqual(['read full full-sync']);
    expect(decisions(off, NAMED)).toEqual(['owe delta', 'skip delta INTEGRATION.MODEL_DISABLED']);
    expect(decisions(off, OPERATOR)).toEqual(['read delta retry']);
  });
  test('is read neither in full nor by a delta, whichever was refused', () => {
    expect(decisions({ debts: { full: refused({ triedAt: seconds(-10) }) } }, NAMED)).toEqual([
      'owe delta',
      'skip delta INTEGRATION.MODEL_DISABLED',
    ]);
  });
});

test('(I25) a named endpoint is read beside every class of failure of another read', () => {
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
