import { describe, expect, test } from 'vitest';
import { CATALOGUE, getEndpoint } from '../../src/domain/catalogue/index.ts';
import { picks, wrongNames, wrongNamesText } from '../../src/domain/model-names.ts';

const pickedBy = (name: string) =>
  CATALOGUE.filter((endpoint) => picks(name, endpoint)).map(({ path }) => path);

describe('a name picks', () => {
  test.each([
    ['a table', 'hris_groups', ['/hris/groups']],
    ['a path', '/hris/groups', ['/hris/groups']],
    ['a model with its own endpoint', 'hris_teams', ['/hris/teams', '/hris/groups']],
    ['only the own endpoint of a model of which others hold copies', 'ats_jobs', ['/ats/jobs']],
    ['the endpoint that holds a nested model', 'lms_course_revisions', ['/lms/courses']],
    ['the endpoint that holds a nested model that no delta shows', 'lms_course_providers', ['/lms/courses']],
    ['nothing by a key of every object', '__proto__', []],
    ['nothing in another case', 'ATS_JOBS', []],
    ['nothing by a part of a name', 'ats_job', []],
  ])('%s: %s', (_what, name, paths) => {
    expect(pickedBy(name)).toEqual(paths);
  });
});

describe('a pattern picks', () => {
  test.each([
    ['everything', '*', CATALOGUE.map(({ path }) => path)],
    ['names that begin so', 'ats_ta*', ['/ats/tags']],
    ['names that end so', '*_absences', ['/hris/absences']],
    ['names that contain a text', '*course*', ['/lms/course-progressions', '/lms/courses']],
    ['paths', '/hris/time*', ['/hris/time-off-balances', '/hris/timesheets']],
    ['a name without more text', 'ats_jobs*', ['/ats/jobs']],
    ['several pieces in their order', 'h*_off_*ces', ['/hris/time-off-balances']],
    ['nothing if pieces would have to share letters', 'ats_jo*obs', []],
    ['nothing by models that are only nested', 'lms_course_r*', []],
    ['nothing by a pattern of Postgres', 'ats_job%', []],
    ['nothing by a regular expression', 'ats_job.', []],
  ])('%s: %s', (_what, pattern, paths) => {
    expect(pickedBy(pattern)).toEqual(paths);
  });
});

test('a name that matches nothing is reported with the nearest one, if one is similar', () => {
  const hris = CATALOGUE.filter(({ category }) => category === 'HRIS');
  expect(wrongNames(['hris_employees', 'hris_*'], hris)).toEqual([]);
  expect(wrongNamesText(wrongNames(['hris_employes', 'HRIS_Absences', 'nonsense', 'x_*'], hris))).toBe(
    'hris_employes (did you mean hris_employees?), HRIS_Absences (did you mean hris_absences?), nonsense, x_*',
  );
  expect(wrongNames(['ats_jobs'], [getEndpoint('/ats/jobs')])).toEqual([]);
});

test('a long pattern with many pieces takes no time', () => {
  const began = performance.now();
  expect(pickedBy(`${'*a'.repeat(2_000)}*`)).toEqual([]);
  expect(performance.now() - began).toBeLessThan(1_000);
});
