import { describe, expect, test } from 'vitest';
import type { Ask, EndpointHistory } from '../../src/domain/decide.ts';
import {
  begun,
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
  owed,
  type Row,
} from './decisions.ts';

describe('an endpoint that can be read', () => {
  test.each<Row>([
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
  ])('%s', (_what, history, ask, expected) => {
    expect(decisions(history, ask)).toEqual(expected);
  });
});

describe('(I30) an endpoint that is not chosen', () => {
  const notChosen = { code: 'NOT_CHOSEN', message: 'left out' };

  test.each<Row>([
    ['is not read by a timer, even if a read is owed and failing', { debts: { full: failing() } }, TIMER, []],
    ['is skipped if a webhook names it', { debts: { full: owed() } }, NAMED, ['skip delta NOT_CHOSEN']],
    [
      'is skipped if it has a change that only a full read shows',
      { debts: { full: owed() } },
      HIDDEN,
      ['skip full NOT_CHOSEN'],
    ],
    ['is skipped by the catch-up', { debts: { full: owed() } }, CATCH_UP, ['skip delta NOT_CHOSEN']],
    ['is skipped by a full sync', { debts: { full: owed() } }, FULL_SYNC, ['skip full NOT_CHOSEN']],
    ['is skipped if you name it', { debts: { full: owed() } }, OPERATOR, ['skip delta NOT_CHOSEN']],
    ['is not swept', { debts: { full: owed(), sweep: owed() } }, OPERATOR, ['skip delta NOT_CHOSEN']],
    ['is owed in full if it was read before, after any sync', READ, TIMER, ['owe full']],
    [
      'is owed in full beside an owed delta',
      { debts: { delta: owed() } },
      NAMED,
      ['owe full', 'skip delta NOT_CHOSEN'],
    ],
    ['is not owed if it was never read', NEVER, CATCH_UP, ['skip delta NOT_CHOSEN']],
  ])('%s', (_what, history, ask, expected) => {
    expect(decisions(history, ask, { notChosen })).toEqual(expected);
  });

  test('says so before it says that the tool does not offer it', () => {
    const around = { notChosen, unavailableModels: ['lms_courses'] };
    expect(decisions({ debts: { full: owed() } }, NAMED, around)).toEqual(['skip delta NOT_CHOSEN']);
  });
});

describe('(I6) an owed read', () => {
  test.each<Row>([
    ['by delta is done by any sync', { debts: { delta: owed() } }, {}, ['read delta owed']],
    ['by delta is done by a timer', { debts: { delta: owed() } }, TIMER, ['read delta owed']],
    ['in full is done by any sync', { debts: { full: owed() } }, {}, ['read full owed']],
    [
      'in full and by delta is done both ways',
      { debts: { delta: owed(), full: owed() } },
      {},
      ['read full owed', 'read delta owed'],
    ],
    ['is not done before it is due', { debts: { full: owed(hours(1)) } }, {}, []],
    ['is done when it is due', { debts: { full: owed(hours(-0.1)) } }, {}, ['read full owed']],
    ['can be a sweep', { debts: { sweep: owed() } }, TIMER, ['read sweep owed']],
    [
      'is not a sweep if everything is listed again',
      { debts: { sweep: owed(), full: owed() } },
      TIMER,
      ['read full owed'],
    ],
    [
      'is not a sweep while its pass is still sweeping',
      { reading: { sweep: begun(-0.1) }, debts: { sweep: owed() } },
      TIMER,
      [],
    ],
  ])('%s', (_what, history, ask, expected) => {
    expect(decisions(history, ask)).toEqual(expected);
  });
});

describe('an endpoint that was never read', () => {
  test.each<Row>([
    ['is read in full by any sync', NEVER, {}, ['read full never-read']],
    ['is read in full by the catch-up', NEVER, CATCH_UP, ['read full never-read']],
    ['waits for its pause if that fails', { ...NEVER, debts: { full: failing() } }, TIMER, []],
    [
      'is left to the full read that runs',
      { ...NEVER, fullBegun: hours(-1), reading: { full: begun(-1) } },
      TIMER,
      [],
    ],
    [
      'gets news by a delta while it is listed, from the start of the listing',
      { ...NEVER, fullBegun: hours(-1), reading: { full: begun(-1) } },
      NAMED,
      ['read delta webhook'],
    ],
    [
      'is listed again and read by a delta if its listing stopped',
      { ...NEVER, fullBegun: hours(-1) },
      NAMED,
      ['read full never-read', 'read delta webhook'],
    ],
  ])('%s', (_what, history, ask, expected) => {
    expect(decisions(history, ask)).toEqual(expected);
  });
});

describe('beside a sync that reads the integration in full', () => {
  const beside = { besideFullSync: true };
  test('an endpoint that was never read is left to that sync', () => {
    expect(decisions(NEVER, CATCH_UP, beside)).toEqual([]);
    expect(decisions(NEVER, {}, beside)).toEqual([]);
  });
  test('an endpoint that was never read is read if a webhook or you ask for it', () => {
    expect(decisions(NEVER, NAMED, beside)).toEqual(['read full never-read']);
    expect(decisions(NEVER, OPERATOR, beside)).toEqual(['read full never-read']);
  });
  test('an endpoint that was read before is read as usual', () => {
    expect(decisions(READ, CATCH_UP, beside)).toEqual(['read delta catch-up']);
  });
});

describe('a read that this run already does', () => {
  test('does not begin again before it ends', () => {
    expect(decisions(READ, NAMED, { busy: new Set(['delta']) })).toEqual([]);
    expect(decisions({ debts: { full: owed() } }, {}, { busy: new Set(['full']) })).toEqual([]);
  });
  test('(I25) in full does not stop deltas, and a delta does not stop full reads', () => {
    expect(decisions(READ, NAMED, { busy: new Set(['full']) })).toEqual(['read delta webhook']);
    expect(decisions({ debts: { full: owed() } }, {}, { busy: new Set(['delta']) })).toEqual([
      'read full owed',
    ]);
  });
});

describe('a full read that another sync does', () => {
  const reading = (hoursAgo: number) => ({ reading: { full: begun(-hoursAgo) }, debts: { full: owed() } });
  test('is not repeated if it pays the debt', () => {
    expect(decisions(reading(1), TIMER)).toEqual([]);
  });
  test('is repeated if it began too early to pay the debt', () => {
    expect(decisions(reading(2), TIMER)).toEqual(['read full owed']);
  });
});

describe('a change that only a full read shows', () => {
  test.each<Row>([
    ['starts a full read', READ, HIDDEN, ['read full hidden-change']],
    [
      'starts a full read, and a delta for the other named models',
      READ,
      { ...HIDDEN, ...NAMED },
      ['read full hidden-change', 'read delta webhook'],
    ],
    [
      'starts no second full read within FULL_REFRESH_INTERVAL',
      { lastFull: hours(-2) },
      HIDDEN,
      ['owe full +4h'],
    ],
    ['starts no second full read while one runs', { reading: { full: begun(-1) } }, HIDDEN, ['owe full +5h']],
    [
      'does not wait if a full read is owed and due',
      { lastFull: hours(-2), debts: { full: owed() } },
      HIDDEN,
      ['read full hidden-change'],
    ],
    [
      'waits for the interval even if the last full read failed',
      { lastFull: hours(-2), debts: { full: failing() } },
      HIDDEN,
      ['owe full +4h'],
    ],
  ])('%s', (_what, history, ask, expected) => {
    expect(decisions(history, ask)).toEqual(expected);
  });
});

describe('after an outage of more than two weeks', () => {
  test.each<Row>([
    [
      'everything is read in full, and news by a delta',
      { watermark: hours(-24 * 15) },
      NAMED,
      ['read full outage', 'read delta webhook'],
    ],
    [
      'after two weeks less a day, a delta is enough',
      { watermark: hours(-24 * 13) },
      NAMED,
      ['read delta webhook'],
    ],
  ])('%s', (_what, history, ask, expected) => {
    expect(decisions(history, ask)).toEqual(expected);
  });
});

describe('an endpoint without a filter', () => {
  const skills = (history: Partial<EndpointHistory>, ask: Partial<Ask>) =>
    decisions(history, ask, {}, '/hris/skills');
  test('is read in full if it is named, but not again at once', () => {
    expect(skills(READ, NAMED)).toEqual(['read full hidden-change']);
    expect(skills({ lastFull: hours(-1) }, NAMED)).toEqual(['owe full +5h']);
    expect(skills(READ, {})).toEqual([]);
  });
});

describe('an endpoint whose filter shows only new records', () => {
  const orders = (history: Partial<EndpointHistory>, ask: Partial<Ask>) =>
    decisions(history, ask, {}, '/assessment/orders');
  test('is read by a delta after a webhook', () => {
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
