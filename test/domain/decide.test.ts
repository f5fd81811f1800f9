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

describe('(I30) what is not chosen', () => {
  const notChosen = { code: 'NOT_CHOSEN', message: 'left out' };

  test.each<Row>([
    ['is left alone by a timer, with what is owed and failing', { debts: { full: failing() } }, TIMER, []],
    ['and is named is skipped', { debts: { full: owed() } }, NAMED, ['skip delta NOT_CHOSEN']],
    ['and has a hidden change is skipped', { debts: { full: owed() } }, HIDDEN, ['skip full NOT_CHOSEN']],
    ['is skipped by the catch-up', { debts: { full: owed() } }, CATCH_UP, ['skip delta NOT_CHOSEN']],
    ['is skipped by a full sync', { debts: { full: owed() } }, FULL_SYNC, ['skip full NOT_CHOSEN']],
    ['is skipped where you name it', { debts: { full: owed() } }, OPERATOR, ['skip delta NOT_CHOSEN']],
    ['is not swept', { debts: { full: owed(), sweep: owed() } }, OPERATOR, ['skip delta NOT_CHOSEN']],
    ['is owed in full once it was read, by any sync', READ, TIMER, ['owe full']],
    [
      'is owed in full beside a delta that is owed',
      { debts: { delta: owed() } },
      NAMED,
      ['owe full', 'skip delta NOT_CHOSEN'],
    ],
    ['and was never read is not owed', NEVER, CATCH_UP, ['skip delta NOT_CHOSEN']],
  ])('%s', (_what, history, ask, expected) => {
    expect(decisions(history, ask, { notChosen })).toEqual(expected);
  });

  test('is said before what the tool does not offer', () => {
    const around = { notChosen, unavailableModels: ['lms_courses'] };
    expect(decisions({ debts: { full: owed() } }, NAMED, around)).toEqual(['skip delta NOT_CHOSEN']);
  });
});

describe('(I6) what is owed', () => {
  test.each<Row>([
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
      { reading: { sweep: begun(-0.1) }, debts: { sweep: owed() } },
      TIMER,
      [],
    ],
  ])('%s', (_what, history, ask, expected) => {
    expect(decisions(history, ask)).toEqual(expected);
  });
});

describe('what was never read', () => {
  test.each<Row>([
    ['is read in full by any sync', NEVER, {}, ['read full never-read']],
    ['is read in full by the catch-up', NEVER, CATCH_UP, ['read full never-read']],
    ['waits when that fails', { ...NEVER, debts: { full: failing() } }, TIMER, []],
    [
      'is left to the full read that is under way',
      { ...NEVER, fullBegun: hours(-1), reading: { full: begun(-1) } },
      TIMER,
      [],
    ],
    [
      'and is being listed: news is read from the beginning of that',
      { ...NEVER, fullBegun: hours(-1), reading: { full: begun(-1) } },
      NAMED,
      ['read delta webhook'],
    ],
    [
      'and was being listed when that stopped: both',
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
  const reading = (hoursAgo: number) => ({ reading: { full: begun(-hoursAgo) }, debts: { full: owed() } });
  test('is left to it when that pays for what is owed', () => {
    expect(decisions(reading(1), TIMER)).toEqual([]);
  });
  test('is read again when it began too early', () => {
    expect(decisions(reading(2), TIMER)).toEqual(['read full owed']);
  });
});

describe('a change that only a full read shows', () => {
  test.each<Row>([
    ['starts one', READ, HIDDEN, ['read full hidden-change']],
    [
      'and a delta for what else is named',
      READ,
      { ...HIDDEN, ...NAMED },
      ['read full hidden-change', 'read delta webhook'],
    ],
    ['starts no second one within FULL_REFRESH_INTERVAL', { lastFull: hours(-2) }, HIDDEN, ['owe full +4h']],
    ['nor while one is being made', { reading: { full: begun(-1) } }, HIDDEN, ['owe full +5h']],
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
  ])('%s', (_what, history, ask, expected) => {
    expect(decisions(history, ask)).toEqual(expected);
  });
});

describe('after an outage of more than two weeks', () => {
  test.each<Row>([
    [
      'everything is read, and news before that',
      { watermark: hours(-24 * 15) },
      NAMED,
      ['read full outage', 'read delta webhook'],
    ],
    ['but not after two weeks less a day', { watermark: hours(-24 * 13) }, NAMED, ['read delta webhook']],
  ])('%s', (_what, history, ask, expected) => {
    expect(decisions(history, ask)).toEqual(expected);
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
