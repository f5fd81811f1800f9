import { describe, expect, test } from 'vitest';
import { getEndpoint } from '../../src/domain/catalogue/index.ts';
import {
  ALL_MODELS,
  leftOutOf,
  NO_CHOICE,
  notChosenReason,
  selectEndpoints,
  type Choice,
  type EndpointSettings,
} from '../../src/domain/choice.ts';

const LMS = { category: 'LMS', ...NO_CHOICE };

const readOf = (choice: Partial<Choice>, settings: Partial<EndpointSettings> = {}) =>
  selectEndpoints({ ...LMS, ...choice }, { ...ALL_MODELS, ...settings }).read.map(({ table }) => table);

const ALL = ['lms_users', 'lms_course_progressions', 'lms_courses', 'lms_skills'];

describe('an LMS integration reads', () => {
  test.each<[string, Partial<Choice>, Partial<EndpointSettings>, string[]]>([
    ['everything if nothing is chosen', {}, {}, ALL],
    ['what the settings choose', {}, { MODELS: ['lms_users', 'ats_*'] }, ['lms_users']],
    [
      'all but what the settings exclude',
      {},
      { EXCLUDE_MODELS: ['lms_course*'] },
      ['lms_users', 'lms_skills'],
    ],
    [
      'nothing that the settings exclude, even if they choose it',
      {},
      { MODELS: ['lms_*'], EXCLUDE_MODELS: ['lms_skills'] },
      ALL.slice(0, 3),
    ],
    ['what the integration chooses', { models: ['lms_skills'] }, {}, ['lms_skills']],
    ['all but what the integration excludes', { excludeModels: ['lms_skills'] }, {}, ALL.slice(0, 3)],
    [
      'only what both the integration and the settings choose',
      { models: ['lms_users', 'lms_skills'] },
      { MODELS: ['lms_users'] },
      ['lms_users'],
    ],
    [
      'nothing if the settings exclude its whole choice',
      { models: ['lms_skills'] },
      { EXCLUDE_MODELS: ['lms_skills'] },
      [],
    ],
    ['nothing if the settings choose another category', {}, { MODELS: ['ats_*'] }, []],
  ])('%s', (_what, choice, settings, tables) => {
    expect(readOf(choice, settings)).toEqual(tables);
  });

  test('an endpoint that is not chosen says what leaves it out, the settings first', () => {
    const { notChosen, all } = selectEndpoints(
      { ...LMS, models: ['lms_users'] },
      { ...ALL_MODELS, EXCLUDE_MODELS: ['lms_skills'] },
    );
    expect(notChosen).toEqual([
      { endpoint: '/lms/course-progressions', by: 'integration' },
      { endpoint: '/lms/courses', by: 'integration' },
      { endpoint: '/lms/skills', by: 'settings' },
    ]);
    expect(all.map(({ table }) => table)).toEqual(ALL);
  });
});

test('an endpoint that needs EXTRA_ENDPOINTS is not read by a choice alone', () => {
  const ats = { category: 'ATS', ...NO_CHOICE, models: ['ats_application_stages'] };
  expect(selectEndpoints(ats, ALL_MODELS).read).toEqual([]);
  const settings = { ...ALL_MODELS, EXTRA_ENDPOINTS: ['/ats/application-stages'] };
  expect(selectEndpoints(ats, settings).read).toEqual([getEndpoint('/ats/application-stages')]);
});

test('an unknown category has no endpoints, chosen or not', () => {
  expect(selectEndpoints({ category: 'PAYROLL', ...NO_CHOICE }, ALL_MODELS)).toEqual({
    read: [],
    notChosen: [],
    all: [],
  });
});

test('a choice leaves out endpoints even if they are not read anyway', () => {
  const choice = { models: ['hris_*'], excludeModels: ['hris_teams'] };
  expect(leftOutOf(choice, ALL_MODELS, 'HRIS').map(({ path }) => path)).toEqual([
    '/hris/teams',
    '/hris/groups',
  ]);
  expect(leftOutOf(choice, ALL_MODELS)).toContain(getEndpoint('/ats/jobs'));
});

test('the reason for an endpoint that is not chosen says what to do', () => {
  const endpoint = getEndpoint('/hris/groups');
  expect(notChosenReason(endpoint, 'settings', 'a:1')).toEqual({
    code: 'NOT_CHOSEN',
    message: expect.stringMatching(
      /^hris_groups is not chosen by the settings.*Change MODELS or EXCLUDE_MODELS/,
    ) as string,
  });
  expect(notChosenReason(endpoint, 'integration', "a:'1").message).toContain(
    `kombo-sync integrations set 'a:'\\''1' --models`,
  );
});
