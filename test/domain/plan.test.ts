import { describe, expect, test } from 'vitest';
import { enabledEndpoints } from '../../src/domain/catalogue/index.ts';
import { planPasses, type EndpointHistory, type PlanRequest } from '../../src/domain/plan.ts';

const now = new Date('2026-03-10T12:00:00Z');
const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000);
const lms = enabledEndpoints('LMS');
const read: EndpointHistory = {
  disabled: null,
  owed: null,
  dueAt: null,
  failure: null,
  watermark: hoursAgo(1),
  lastFull: hoursAgo(48),
};

function plan(given: Partial<PlanRequest>, history: Record<string, Partial<EndpointHistory>> = {}) {
  return planPasses({
    kind: 'delta',
    enabled: lms,
    history: new Map(lms.map(({ path }) => [path, { ...read, ...history[path] }])),
    models: [],
    unavailableModels: [],
    now,
    fullRefreshMs: 6 * 3_600_000,
    force: false,
    asked: true,
    beside: false,
    ...given,
  });
}

describe('what a delta sync reads', () => {
  test('exactly what the named models touch', () => {
    expect(plan({ models: ['lms_skills'] }).passes).toEqual([{ endpoint: '/lms/skills', kind: 'delta' }]);
  });

  test('everything when no models are named: the catch-up', () => {
    expect(plan({ models: undefined }).passes.map((pass) => pass.kind)).toEqual(lms.map(() => 'delta'));
  });

  test('besides, what was never read', () => {
    const passes = plan(
      { models: ['lms_skills'] },
      { '/lms/users': { watermark: null, lastFull: null } },
    ).passes;
    expect(passes.map((pass) => pass.endpoint).sort()).toEqual(['/lms/skills', '/lms/users']);
  });

  test('but what was never read is left to a sync that reads it whole just now, unless it is asked for', () => {
    const unread = { watermark: null, lastFull: null };
    const history = {
      '/lms/courses': unread,
      '/lms/users': unread,
      '/lms/skills': { ...unread, owed: 'full' as const },
    };
    const endpoints = (given: Partial<PlanRequest>) =>
      plan({ beside: true, ...given }, history).passes.map(({ endpoint }) => endpoint);
    const all = lms.map(({ path }) => path);
    const catchUp = { models: undefined, asked: false };
    expect(endpoints(catchUp)).toEqual(all.filter((path) => !['/lms/courses', '/lms/users'].includes(path)));
    expect(endpoints({ ...catchUp, beside: false })).toEqual(all);
    expect(endpoints({ models: ['lms_users'] }).sort()).toEqual(['/lms/skills', '/lms/users']);
    expect(endpoints({ models: undefined })).toEqual(all);
  });

  test('besides, what is owed: a failed endpoint is retried by the next sync (I10)', () => {
    const passes = plan({ models: ['lms_skills'] }, { '/lms/users': { owed: 'delta' } }).passes;
    expect(passes).toContainEqual({ endpoint: '/lms/users', kind: 'delta' });
  });
});

describe('an endpoint without a delta', () => {
  const skills = enabledEndpoints('HRIS', ['/hris/skills']).filter(({ path }) => path === '/hris/skills');
  const asked = (models: string[], state: Partial<EndpointHistory>) =>
    plan({ enabled: skills, models, history: new Map([['/hris/skills', { ...read, ...state }]]) });
  const full = [{ endpoint: '/hris/skills', kind: 'full' }];

  test('is read whole when it is named, and not again at once', () => {
    expect(asked(['hris_skills'], {})).toMatchObject({ passes: full, whole: ['/hris/skills'] });
    expect(asked(['hris_skills'], { lastFull: hoursAgo(1) })).toMatchObject({
      passes: [],
      deferred: new Map([['/hris/skills', hoursAgo(-5)]]),
    });
    expect(asked([], {}).passes).toEqual([]);
  });

  test('(I6) is read whole when a delta of it is owed, and that is due', () => {
    expect(asked([], { owed: 'delta', lastFull: hoursAgo(1) }).passes).toEqual(full);
    expect(asked([], { owed: 'delta', dueAt: hoursAgo(-1) }).passes).toEqual([]);
  });
});

describe('changes that only a full pass shows', () => {
  test('are told from full passes that are owed for another reason', () => {
    expect(plan({ models: ['lms_course_providers'] }).whole).toEqual(['/lms/courses']);
    expect(plan({}, { '/lms/courses': { owed: 'full' } }).whole).toEqual([]);
  });

  test('start one', () => {
    expect(plan({ models: ['lms_course_providers'] }).passes).toEqual([
      { endpoint: '/lms/courses', kind: 'full' },
    ]);
  });

  test('but not twice within FULL_REFRESH_INTERVAL: then it is owed', () => {
    const soon = plan({ models: ['lms_course_providers'] }, { '/lms/courses': { lastFull: hoursAgo(2) } });
    expect(soon).toMatchObject({ passes: [], deferred: new Map([['/lms/courses', hoursAgo(-4)]]) });
    const later = plan({ models: [] }, { '/lms/courses': { lastFull: hoursAgo(7), owed: 'full' } });
    expect(later.passes).toEqual([{ endpoint: '/lms/courses', kind: 'full' }]);
  });

  test('a delta that was asked for besides still runs', () => {
    const both = plan(
      { models: ['lms_courses'] },
      { '/lms/courses': { lastFull: hoursAgo(2), owed: 'full', dueAt: hoursAgo(-4) } },
    );
    expect(both.passes).toEqual([{ endpoint: '/lms/courses', kind: 'delta' }]);
  });

  test('a full pass that is owed at once does not wait for the interval', () => {
    const healed = plan({ models: [] }, { '/lms/courses': { lastFull: hoursAgo(2), owed: 'full' } });
    expect(healed.passes).toEqual([{ endpoint: '/lms/courses', kind: 'full' }]);
  });
});

describe('endpoints that fail', () => {
  const failure = { code: 'NETWORK', message: 'no', failures: 2, since: hoursAgo(1), needsPerson: false };
  const waiting = { failure, owed: 'delta' as const, dueAt: hoursAgo(-1) };

  test('are left alone until their pause is over, are visible when asked for, and hold up no other', () => {
    const result = plan({ models: ['lms_users', 'lms_skills'] }, { '/lms/users': waiting });
    expect(result.passes).toEqual([{ endpoint: '/lms/skills', kind: 'delta' }]);
    expect(result.postponed).toMatchObject([
      { endpoint: '/lms/users', kind: 'delta', outcome: { status: 'failed', reason: { code: 'NETWORK' } } },
    ]);
    expect(plan({ models: [] }, { '/lms/users': waiting })).toMatchObject({ passes: [], postponed: [] });
  });

  test('are read when it is over, whatever the sync was started for (I10)', () => {
    const due = { ...waiting, dueAt: hoursAgo(0.1) };
    expect(plan({ models: [] }, { '/lms/users': due }).passes).toEqual([
      { endpoint: '/lms/users', kind: 'delta' },
    ]);
  });

  test('are read before that when somebody asks for it, and by a full sync', () => {
    expect(plan({ models: ['lms_users'], force: true }, { '/lms/users': waiting }).passes).toHaveLength(1);
    expect(plan({ kind: 'full', models: ['lms_users'] }, { '/lms/users': waiting }).passes).toHaveLength(1);
  });

  test('that were never read wait as well', () => {
    const never = { ...waiting, watermark: null, lastFull: null };
    expect(plan({ models: [] }, { '/lms/users': never }).passes).toEqual([]);
  });
});

describe('endpoints that the tool does not offer', () => {
  const disabled = { code: 'INTEGRATION.MODEL_DISABLED', message: 'off', since: hoursAgo(3) };

  test('are skipped and shown as such', () => {
    const result = plan({ models: ['lms_users'] }, { '/lms/users': { disabled } });
    expect(result.passes).toEqual([]);
    expect(result.postponed).toMatchObject([
      {
        endpoint: '/lms/users',
        kind: 'delta',
        outcome: { status: 'skipped', reason: { code: disabled.code } },
      },
    ]);
  });

  test('(I6) by what Kombo lists: stay owed too, but for what was never read, which is read as soon as it is offered', () => {
    const asked = { models: ['lms_users'], unavailableModels: ['lms_users'] };
    const outcome = { endpoint: '/lms/users', status: 'skipped', reason: { code: 'MODEL_NOT_AVAILABLE' } };
    expect(plan(asked)).toMatchObject({ passes: [], skipped: [], postponed: [{ kind: 'delta', outcome }] });
    expect(plan({ ...asked, kind: 'full' })).toMatchObject({ postponed: [{ kind: 'full' }] });
    expect(plan({ ...asked, models: [] })).toMatchObject({ passes: [], skipped: [], postponed: [] });
    const unread = plan(asked, { '/lms/users': { watermark: null, lastFull: null } });
    expect(unread).toMatchObject({ passes: [], skipped: [outcome], postponed: [] });
  });

  test('(I6) stay owed what they were asked for, and nothing else', () => {
    const owed = (given: Partial<PlanRequest>) =>
      plan(given, { '/lms/courses': { disabled, owed: 'full', dueAt: hoursAgo(-21) } }).postponed.map(
        ({ endpoint, kind }) => `${kind} ${endpoint}`,
      );
    expect(owed({ models: ['lms_courses'] })).toEqual(['delta /lms/courses']);
    expect(owed({ models: ['lms_course_providers'] })).toEqual(['full /lms/courses']);
    expect(owed({ kind: 'full', models: undefined })).toEqual(['full /lms/courses']);
    expect(owed({ models: [] })).toEqual([]);
  });

  test('are looked at again after a day', () => {
    const forced = (models: string[] | undefined) =>
      plan({ models, force: true }, { '/lms/users': { disabled } }).passes.map(({ endpoint }) => endpoint);
    expect(forced(['lms_users'])).toEqual(['/lms/users']);
    expect(forced(undefined)).not.toContain('/lms/users');
    const old = { ...disabled, since: hoursAgo(25) };
    expect(plan({ models: ['lms_users'] }, { '/lms/users': { disabled: old } }).passes).toHaveLength(1);
  });
});

describe('endpoints without updated_after', () => {
  const assessment = enabledEndpoints('ASSESSMENT');
  const orders = (lastFull: Date, models: string[] | undefined) =>
    planPasses({
      kind: 'delta',
      enabled: assessment,
      history: new Map([['/assessment/orders', { ...read, lastFull }]]),
      models,
      unavailableModels: [],
      now,
      fullRefreshMs: 0,
      force: false,
      asked: false,
      beside: false,
    }).passes;

  test('a webhook reads the new orders', () => {
    expect(orders(hoursAgo(48), ['assessment_orders'])).toEqual([
      { endpoint: '/assessment/orders', kind: 'delta' },
    ]);
  });

  test('the catch-up reads them whole once a day, since created_after hides changes', () => {
    expect(orders(hoursAgo(25), undefined)).toEqual([{ endpoint: '/assessment/orders', kind: 'full' }]);
    expect(orders(hoursAgo(3), undefined)).toEqual([{ endpoint: '/assessment/orders', kind: 'delta' }]);
  });
});

test('a full sync reads what the models name, or everything', () => {
  expect(plan({ kind: 'full', models: undefined }).passes).toHaveLength(lms.length);
  expect(plan({ kind: 'full', models: ['lms_users'] }).passes).toEqual([
    { endpoint: '/lms/users', kind: 'full' },
  ]);
});
