import { describe, expect, test } from 'vitest';
import {
  judgeCutover,
  worst,
  type CutoverCheck,
  type CutoverFacts,
  type EndpointFacts,
} from '../../src/domain/cutover.ts';

const MINUTE = 60_000;
const now = new Date('2026-03-01T12:00:00Z');
const ago = (minutes: number) => new Date(now.getTime() - minutes * MINUTE);
const DAY = 24 * 60;
const OPTIONS = { now, graceMs: 10 * MINUTE, freshMs: 60 * MINUTE, evidenceMs: 7 * DAY * MINUTE };

const READ: EndpointFacts = {
  endpoint: '/ats/jobs',
  lastFull: ago(600),
  watermark: ago(5),
  failure: null,
  drift: 'none',
};
const READY: CutoverFacts = {
  integrationId: 'demo:1',
  category: 'ATS',
  status: 'active',
  statusReason: null,
  legacySyncs: [{ syncId: 'a', at: ago(30), confirmed: true }],
  lastLegacyAt: ago(30),
  lastLegacySyncAt: ago(30),
  lastDataChangedAt: ago(30),
  endpoints: [READ, { ...READ, endpoint: '/ats/tags', drift: null }],
  notChosen: [],
  schedule: { paused: false, nextRun: ago(-600) },
};

const endpoint = (facts: Partial<EndpointFacts>): Partial<CutoverFacts> => ({
  endpoints: [READ, { ...READ, endpoint: '/ats/offers', ...facts }],
});

test('(I30) an endpoint that is not chosen does not block, and is named', () => {
  const notChosen = [{ endpoint: '/ats/offers', by: 'settings' as const }];
  const judged = judgeCutover({ ...READY, notChosen }, OPTIONS);
  expect(judged).toMatchObject({ verdict: 'ready', notChosen });
  expect(judged.checks.find(({ name }) => name === 'full')?.message).toBe(
    'Each of 2 endpoints was read in full. Not chosen, so not read: /ats/offers.',
  );
});

test('(I24) with all the evidence the cutover is ready, and each check says why', () => {
  const { verdict, checks } = judgeCutover(READY, OPTIONS);
  expect(verdict).toBe('ready');
  expect(checks.map(({ name }) => name)).toEqual([
    'state',
    'evidence',
    'full',
    'delta',
    'drift',
    'schedule',
    'endpoints',
  ]);
  for (const check of checks) {
    expect(check).toMatchObject({ verdict: 'ready', remedy: null });
    expect(check.message).not.toBe('');
  }
});

test('(I24) assessment needs no data-changed, since it has none', () => {
  const facts = { ...READY, category: 'ASSESSMENT', legacySyncs: [], lastDataChangedAt: null };
  expect(judgeCutover(facts, OPTIONS)).toMatchObject({ verdict: 'ready' });
});

type Case = [string, Partial<CutoverFacts>, CutoverCheck['name'], CutoverCheck['verdict'], RegExp];

describe('(I24) missing evidence blocks or delays the cutover, with a reason and a remedy', () => {
  test.each<Case>([
    ['paused', { status: 'paused', statusReason: 'audit' }, 'state', 'blocked', /integrations resume demo:1/],
    [
      'parked',
      { status: 'parked', statusReason: 'Reconnect it.' },
      'state',
      'blocked',
      /what the reason says/,
    ],
    [
      'a change without a data-changed',
      { legacySyncs: [{ syncId: 'a', at: ago(11), confirmed: false }] },
      'evidence',
      'blocked',
      /subscribe the webhook to data-changed/,
    ],
    [
      'one such change among confirmed ones',
      {
        legacySyncs: [
          { syncId: 'b', at: ago(1), confirmed: true },
          { syncId: 'a', at: ago(40), confirmed: false },
        ],
      },
      'evidence',
      'blocked',
      /subscribe the webhook/,
    ],
    [
      'a change whose data-changed may still come',
      { legacySyncs: [{ syncId: 'a', at: ago(9), confirmed: false }] },
      'evidence',
      'wait',
      /Look again/,
    ],
    [
      'no webhook has come',
      { legacySyncs: [], lastLegacyAt: null, lastDataChangedAt: null },
      'evidence',
      'wait',
      /Change a record/,
    ],
    [
      'only legacy webhooks have come, without a change',
      { legacySyncs: [], lastDataChangedAt: null },
      'evidence',
      'wait',
      /subscribe/,
    ],
    ['no legacy webhook has brought a change', { legacySyncs: [] }, 'evidence', 'wait', /Change a record/],
    ['an endpoint was never read in full', endpoint({ lastFull: null }), 'full', 'wait', /sync full demo:1/],
    ['an endpoint is not fresh', endpoint({ watermark: ago(61) }), 'delta', 'wait', /sync now demo:1/],
    ['an endpoint has no watermark', endpoint({ watermark: null }), 'delta', 'wait', /sync now demo:1/],
    ['unexpected drift', endpoint({ drift: 'unexpected' }), 'drift', 'blocked', /drift demo:1/],
    ['Temporal does not answer', { schedule: undefined }, 'schedule', 'wait', /doctor/],
    ['there is no schedule', { schedule: null }, 'schedule', 'blocked', /setup/],
    [
      'the schedule is paused',
      { schedule: { paused: true, nextRun: ago(-9) } },
      'schedule',
      'blocked',
      /--unpause/,
    ],
    [
      'the schedule has no next run',
      { schedule: { paused: false, nextRun: null } },
      'schedule',
      'blocked',
      /setup/,
    ],
    [
      'the next run is in the past',
      { schedule: { paused: false, nextRun: ago(9) } },
      'schedule',
      'blocked',
      /setup/,
    ],
    [
      'an endpoint fails',
      endpoint({ failure: { message: 'Kombo is away.', needsAttention: false } }),
      'endpoints',
      'wait',
      /when it has been tried/,
    ],
    [
      'an endpoint needs you',
      endpoint({ failure: { message: 'Kombo refuses.', needsAttention: true } }),
      'endpoints',
      'blocked',
      /status demo:1/,
    ],
  ])('%s', (_, facts, name, verdict, remedy) => {
    const judged = judgeCutover({ ...READY, ...facts }, OPTIONS);
    expect(judged.verdict).toBe(verdict);
    const unready = judged.checks.filter((check) => check.verdict !== 'ready');
    expect(unready).toMatchObject([{ name, verdict, remedy: expect.stringMatching(remedy) as string }]);
  });

  test('each check names its endpoints, or some of them if there are many', () => {
    const many = Array.from({ length: 8 }, (_, index) => ({
      ...READ,
      endpoint: `/ats/${index}`,
      lastFull: null,
    }));
    const message = (endpoints: EndpointFacts[]) =>
      judgeCutover({ ...READY, endpoints }, OPTIONS).checks.find(({ name }) => name === 'full')?.message;
    expect(message(many.slice(0, 2))).toBe('Never read in full: /ats/0, /ats/1.');
    expect(message(many)).toMatch(/\/ats\/4 and 3 more/);
  });
});

test('(I24) no legacy webhook, and drift that no delta could show, do not block', () => {
  const quiet = { ...READY, legacySyncs: [], lastLegacyAt: null };
  expect(judgeCutover(quiet, OPTIONS).verdict).toBe('ready');
  expect(judgeCutover({ ...READY, ...endpoint({ drift: 'expected' }) }, OPTIONS)).toMatchObject({
    verdict: 'ready',
    checks: expect.arrayContaining([
      expect.objectContaining({
        name: 'drift',
        message: expect.stringContaining('no delta can show') as string,
      }),
    ]) as CutoverCheck[],
  });
});

describe('(I24) old evidence', () => {
  const evidence = (facts: Partial<CutoverFacts>) =>
    judgeCutover({ ...READY, ...facts }, OPTIONS).checks.find(({ name }) => name === 'evidence')!;
  const old: Partial<CutoverFacts> = {
    legacySyncs: [{ syncId: 'a', at: ago(80 * DAY), confirmed: true }],
    lastLegacyAt: ago(80 * DAY),
    lastLegacySyncAt: ago(80 * DAY),
    lastDataChangedAt: ago(80 * DAY),
  };
  const stale = {
    verdict: 'wait',
    message: expect.stringMatching(/^The last data-changed came at 2025-12-11T/) as string,
    remedy: expect.stringMatching(/^Change a record .* subscribe/) as string,
  };

  test('does not show that data-changed still comes, with or without legacy webhooks', () => {
    expect(evidence(old)).toMatchObject(stale);
    const only = { ...old, legacySyncs: [], lastLegacyAt: null, lastLegacySyncAt: null };
    expect(evidence(only)).toMatchObject(stale);
  });

  test('is enough while syncs after legacy webhooks find no changes, so a quiet integration does not wait', () => {
    expect(evidence({ ...old, lastLegacyAt: ago(DAY), lastLegacySyncAt: ago(DAY) }).verdict).toBe('ready');
    // A legacy webhook without a sync shows nothing.
    expect(evidence({ ...old, lastLegacyAt: ago(DAY) })).toMatchObject(stale);
    const found = { syncId: 'b', at: ago(DAY), confirmed: false };
    const changed = { legacySyncs: [found, ...old.legacySyncs!], lastLegacySyncAt: ago(DAY) };
    expect(evidence({ ...old, ...changed }).verdict).toBe('blocked');
  });

  test('is renewed by a data-changed, for seven days', () => {
    expect(evidence({ ...old, lastDataChangedAt: ago(7 * DAY) }).verdict).toBe('ready');
    expect(evidence({ ...old, lastDataChangedAt: ago(7 * DAY + 1) }).verdict).toBe('wait');
    const only = { ...old, legacySyncs: [], lastLegacyAt: null, lastLegacySyncAt: null };
    expect(evidence({ ...only, lastDataChangedAt: ago(7 * DAY) }).verdict).toBe('ready');
  });
});

test('blocked outranks wait, wait outranks ready, and no verdicts mean ready', () => {
  expect(worst(['ready', 'wait', 'blocked', 'ready'])).toBe('blocked');
  expect(worst(['ready', 'wait'])).toBe('wait');
  expect(worst(['ready'])).toBe('ready');
  expect(worst([])).toBe('ready');
});
