import { describe, expect, test } from 'vitest';
import { CATALOGUE, getEndpoint } from '../../src/domain/catalogue/index.ts';
import { picks, wrongNames, wrongNamesText } from '../../src/domain/model-names.ts';

const pickedBy = (name: string) =>
  CATALOGUE.filter((endpoint) => picks(name, endpoint)).map(({ path }) => path);

describe('a name picks', () => {
  test.each([
    ['a table', 'hris_groups', ['/hris/groups']],
    ['a path', '/hris/groups', ['/hris/groups']],
    ['a model, where it has its own endpoint', 'hris_teams', ['/hris/teams', '/hris/groups']],
    ['that endpoint alone, though others hold copies', 'ats_jobs', ['/ats/jobs']],
    ['what holds a model that is nowhere else', 'lms_course_revisions', ['/lms/courses']],
    ['what holds it, though no delta shows it', 'lms_course_providers', ['/lms/courses']],
    ['nothing by an object of JavaScript', '__proto__', []],
    ['nothing in another case', 'ATS_JOBS', []],
    ['nothing by a part', 'ats_job', []],
  ])('%s: %s', (_what, name, paths) => {
    expect(pickedBy(name)).toEqual(paths);
  });
});

describe('a pattern picks', () => {
  test.each([
    ['everything', '*', CATALOGUE.map(({ path }) => path)],
    ['what begins so', 'ats_ta*', ['/ats/tags']],
    ['what ends so', '*_absences', ['/hris/absences']],
    ['what holds it', '*course*', ['/lms/course-progressions', '/lms/courses']],
    ['paths', '/hris/time*', ['/hris/time-off-balances', '/hris/timesheets']],
    ['text that may be none', 'ats_jobs*', ['/ats/jobs']],
    ['several pieces in their order', 'h*_off_*ces', ['/hris/time-off-balances']],
    ['nothing where pieces would have to share letters', 'ats_jo*obs', []],
    ['nothing by models that only live in others', 'lms_course_r*', []],
    ['nothing by what Postgres takes for a pattern', 'ats_job%', []],
    ['nothing by what another language takes for one', 'ats_job.', []],
  ])('%s: %s', (_what, pattern, paths) => {
    expect(pickedBy(pattern)).toEqual(paths);
  });
});

test('a name that picks nothing is named with the nearest one, if one is near', () => {
  const hris = CATALOGUE.filter(({ category }) => category === 'HRIS');
  expect(wrongNames(['hris_employees', 'hris_*'], hris)).toEqual([]);
  expect(wrongNamesText(wrongNames(['hris_employes', 'HRIS_Absences', 'nonsense', 'x_*'], hris))).toBe(
    'hris_employes (did you mean hris_employees?), HRIS_Absences (did you mean hris_absences?), nonsense, x_*',
  );
  expect(wrongNames(['ats_jobs'], [getEndpoint('/ats/jobs')])).toEqual([]);
});

test('a long pattern of many pieces is told at once', () => {
  const began = performance.now();
  expect(pickedBy(`${'*a'.repeat(2_000)}*`)).toEqual([]);
  expect(performance.now() - began).toBeLessThan(1_000);
});
