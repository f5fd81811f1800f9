import { describe, expect, test } from 'vitest';
import { enabledEndpoints, getEndpoint } from '../../src/domain/catalogue/index.ts';
import {
  decide,
  type Ask,
  type Circumstances,
  type Debt,
  type EndpointHistory,
  type Failure,
} from '../../src/domain/decide.ts';
import type { ErrorClass } from '../../src/domain/errors.ts';

const now = new Date('2026-03-10T12:00:00Z');
const hours = (count: number) => new Date(now.getTime() + count * 3_600_000);
const seconds = (count: number) => new Date(now.getTime() + count * 1_000);

/** Read an hour ago, and in full two days ago. */
const READ: EndpointHistory = {
  watermark: hours(-1),
  lastFull: hours(-48),
  fullBegun: null,
  reading: {},
  debts: {},
};
const NEVER: EndpointHistory = { ...READ, watermark: null, lastFull: null };

const ASK: Ask = {
  kind: 'delta',
  by: 'webhook',
  everything: false,
  named: false,
  hidden: false,
  urgent: false,
};
const NAMED: Partial<Ask> = { named: true };
const HIDDEN: Partial<Ask> = { hidden: true };
const TIMER: Partial<Ask> = { by: 'timer' };
const CATCH_UP: Partial<Ask> = { by: 'catch-up', everything: true, urgent: true };
const OPERATOR: Partial<Ask> = { by: 'operator', named: true, urgent: true };
const FULL_SYNC: Partial<Ask> = { kind: 'full', by: 'full-sync', everything: true };

const AROUND: Circumstances = {
  now,
  retryMs: 60_000,
  fullRefreshMs: 6 * 3_600_000,
  unavailableModels: [],
  besideFullSync: false,
  busy: new Set(),
};

function failure(more: Partial<Failure> = {}): Failure {
  return {
    errorClass: 'Unavailable',
    code: 'NETWORK',
    message: 'no',
    failures: 2,
    since: hours(-1),
    triedAt: hours(-0.5),
    needsPerson: false,
    givenUp: false,
    ...more,
  };
}

/** Fails, and its pause ends in an hour. */
const failing = (more: Partial<Failure> = {}): Debt => ({
  since: hours(-1),
  dueAt: hours(1),
  failure: failure(more),
});
const owed = (dueAt: Date | null = null): Debt => ({ since: hours(-1), dueAt, failure: null });
const refused = (more: Partial<Failure> = {}): Debt => {
  const code = 'INTEGRATION.MODEL_DISABLED';
  return { ...failing({ errorClass: 'EndpointDisabled', code, ...more }), dueAt: hours(20) };
};

/** Decisions in short words: `read delta webhook`, `owe full +4h NETWORK`, `skip delta MODEL_DISABLED`. */
function decisions(
  history: Partial<EndpointHistory>,
  ask: Partial<Ask>,
  around: Partial<Circumstances> = {},
  path = '/lms/courses',
): string[] {
  return decide(getEndpoint(path), { ...READ, ...history }, { ...ASK, ...ask }, { ...AROUND, ...around }).map(
    (decision) => {
      if (decision.do === 'read') return `read ${decision.kind} ${decision.because}`;
      if (decision.do === 'skip') return `skip ${decision.kind} ${decision.reason.code}`;
      const { kind, dueAt, failure: why } = decision;
      const inHours = dueAt ? ` +${(dueAt.getTime() - now.getTime()) / 3_600_000}h` : '';
      return `owe ${kind}${inHours}${why ? ` ${why.code}` : ''}`;
    },
  );
}

type Row = [what: string, history: Partial<EndpointHistory>, ask: Partial<Ask>, decides: string[]];
const rows = (name: string, table: Row[]) =>
  describe(name, () => {
    test.each(table)('%s', (_what, history, ask, expected) => {
      expect(decisions(history, ask)).toEqual(expected);
    });
  });

rows('an endpoint that can be read', [
  ['is read when a webhook names it', READ, NAMED, ['read delta webhook']],
  ['is read when you name it', READ, OPERATOR, ['read delta operator']],
  ['is read by the catch-up', READ, CATCH_UP, ['read delta catch-up']],
  ['is left alone when others are named', READ, {}, []],
  ['is left alone by a timer', READ, TIMER, []],
  ['is read in full by a full sync', READ, FULL_SYNC, ['read full full-sync']],
  [
    'is left alone by a full sync of other models',
    READ,
    { ...FULL_SYNC, everything: false, named: false },
    [],
  ],
]);

rows('(I6) what is owed', [
  ['as a delta is read by any sync', { debts: { delta: owed() } }, {}, ['read delta owed']],
  ['as a delta is read by a timer', { debts: { delta: owed() } }, TIMER, ['read delta owed']],
  ['as a full read is read by any sync', { debts: { full: owed() } }, {}, ['read full owed']],
  [
    'both ways is read both ways',
    { debts: { delta: owed(), full: owed() } },
    {},
    ['read full owed', 'read delta owed'],
  ],
  ['later is not read before', { debts: { full: owed(hours(1)) } }, {}, []],
  ['later is read once its time has come', { debts: { full: owed(hours(-0.1)) } }, {}, ['read full owed']],
  ['is a sweep', { debts: { sweep: owed() } }, TIMER, ['read sweep owed']],
  [
    'is no sweep when everything is listed again',
    { debts: { sweep: owed(), full: owed() } },
    TIMER,
    ['read full owed'],
  ],
  [
    'is no sweep while its pass goes on to sweep',
    { reading: { sweep: hours(-0.1) }, debts: { sweep: owed() } },
    TIMER,
    [],
  ],
]);

rows('(I25) a failing full read', [
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
]);

rows('(I25) a failing delta', [
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
]);

rows('a failing sweep', [
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
]);

rows('what was never read', [
  ['is read in full by any sync', NEVER, {}, ['read full never-read']],
  ['is read in full by the catch-up', NEVER, CATCH_UP, ['read full never-read']],
  ['waits when that fails', { ...NEVER, debts: { full: failing() } }, TIMER, []],
  [
    'is left to the full read that is under way',
    { ...NEVER, fullBegun: hours(-1), reading: { full: hours(-1) } },
    TIMER,
    [],
  ],
  [
    'and is being listed: news is read from the beginning of that',
    { ...NEVER, fullBegun: hours(-1), reading: { full: hours(-1) } },
    NAMED,
    ['read delta webhook'],
  ],
  [
    'and was being listed when that stopped: both',
    { ...NEVER, fullBegun: hours(-1) },
    NAMED,
    ['read full never-read', 'read delta webhook'],
  ],
]);

describe('beside a sync that reads the integration in full', () => {
  const beside = { besideFullSync: true };
  test('what was never read is left to that one', () => {
    expect(decisions(NEVER, CATCH_UP, beside)).toEqual([]);
    expect(decisions(NEVER, {}, beside)).toEqual([]);
  });
  test('unless a webhook or you ask for it', () => {
    expect(decisions(NEVER, NAMED, beside)).toEqual(['read full never-read']);
    expect(decisions(NEVER, OPERATOR, beside)).toEqual(['read full never-read']);
  });
  test('and what was read is read as ever', () => {
    expect(decisions(READ, CATCH_UP, beside)).toEqual(['read delta catch-up']);
  });
});

describe('what this run reads already', () => {
  test('is not begun again: it looks again when that ends', () => {
    expect(decisions(READ, NAMED, { busy: new Set(['delta']) })).toEqual([]);
    expect(decisions({ debts: { full: owed() } }, {}, { busy: new Set(['full']) })).toEqual([]);
  });
  test('(I25) in full keeps no delta from being read, nor the other way round', () => {
    expect(decisions(READ, NAMED, { busy: new Set(['full']) })).toEqual(['read delta webhook']);
    expect(decisions({ debts: { full: owed() } }, {}, { busy: new Set(['delta']) })).toEqual([
      'read full owed',
    ]);
  });
});

describe('what another sync reads in full', () => {
  const reading = (start: Date) => ({ reading: { full: start }, debts: { full: owed() } });
  test('is left to it when that pays for what is owed', () => {
    expect(decisions(reading(hours(-1)), TIMER)).toEqual([]);
  });
  test('is read again when it began too early', () => {
    expect(decisions(reading(hours(-2)), TIMER)).toEqual(['read full owed']);
  });
});

rows('a change that only a full read shows', [
  ['starts one', READ, HIDDEN, ['read full hidden-change']],
  [
    'and a delta for what else is named',
    READ,
    { ...HIDDEN, ...NAMED },
    ['read full hidden-change', 'read delta webhook'],
  ],
  ['starts no second one within FULL_REFRESH_INTERVAL', { lastFull: hours(-2) }, HIDDEN, ['owe full +4h']],
  ['nor while one is being made', { reading: { full: hours(-1) } }, HIDDEN, ['owe full +5h']],
  [
    'is not kept waiting by that when it is owed and due',
    { lastFull: hours(-2), debts: { full: owed() } },
    HIDDEN,
    ['read full hidden-change'],
  ],
  [
    'waits for the interval also when the last one failed',
    { lastFull: hours(-2), debts: { full: failing() } },
    HIDDEN,
    ['owe full +4h'],
  ],
]);

rows('after an outage of more than two weeks', [
  [
    'everything is read, and news before that',
    { watermark: hours(-24 * 15) },
    NAMED,
    ['read full outage', 'read delta webhook'],
  ],
  ['but not after two weeks less a day', { watermark: hours(-24 * 13) }, NAMED, ['read delta webhook']],
]);

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

describe('an endpoint without a filter', () => {
  const skills = (history: Partial<EndpointHistory>, ask: Partial<Ask>) =>
    decisions(history, ask, {}, '/hris/skills');
  test('is read in full when it is named, and not again at once', () => {
    expect(skills(READ, NAMED)).toEqual(['read full hidden-change']);
    expect(skills({ lastFull: hours(-1) }, NAMED)).toEqual(['owe full +5h']);
    expect(skills(READ, {})).toEqual([]);
  });
});

describe('an endpoint whose filter shows only new records', () => {
  const orders = (history: Partial<EndpointHistory>, ask: Partial<Ask>) =>
    decisions(history, ask, {}, '/assessment/orders');
  test('is read by a delta for a webhook', () => {
    expect(orders(READ, NAMED)).toEqual(['read delta webhook']);
  });
  test('is read in full once a day by the catch-up, since the filter hides changes', () => {
    expect(orders({ lastFull: hours(-25) }, CATCH_UP)).toEqual([
      'read full no-filter',
      'read delta catch-up',
    ]);
    expect(orders({ lastFull: hours(-3) }, CATCH_UP)).toEqual(['read delta catch-up']);
  });
});

test('(I25) whatever fails in whatever way, a named endpoint that can be read is read', () => {
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
