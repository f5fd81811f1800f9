import { expect, test } from 'vitest';
import { CATALOGUE } from '../../src/domain/catalogue/index.ts';
import { pickEndpoints } from '../../src/domain/catalogue/pick.ts';

const pick = (...names: string[]) => {
  const { endpoints, unmatched } = pickEndpoints(names, CATALOGUE);
  return { tables: endpoints.map(({ table }) => table), unmatched };
};

test.each([
  ['a table', 'hris_groups', ['hris_groups']],
  ['a path', '/hris/groups', ['hris_groups']],
  ['the own model of an endpoint, of which others have copies', 'ats_jobs', ['ats_jobs']],
  ['the name of a table that is also the model of another one', 'hris_teams', ['hris_teams', 'hris_groups']],
  ['a model that is only nested', 'lms_course_revisions', ['lms_course_progressions', 'lms_courses']],
])('%s picks its endpoints', (_what, name, tables) => {
  expect(pick(name)).toEqual({ tables, unmatched: [] });
});

test('* stands for any characters of tables, paths and own models', () => {
  expect(pick('lms_course*').tables).toEqual(
    CATALOGUE.map(({ table }) => table).filter((table) => table.startsWith('lms_course')),
  );
  expect(pick('/ats/*').tables).toEqual(
    CATALOGUE.filter(({ category }) => category === 'ATS').map(({ table }) => table),
  );
  expect(pick('*').tables).toHaveLength(CATALOGUE.length);
  expect(pick('*_employees').tables).toEqual(['hris_employees']);
});

test('each endpoint is picked once, in the order of the catalogue', () => {
  expect(pick('lms_users', 'ats_jobs', 'ats_j*').tables).toEqual(['ats_jobs', 'lms_users']);
});

test('names that match nothing are reported, also those that only look like a pattern', () => {
  expect(pick('hris_employes', 'ats_.*', 'hris', '__proto__', 'ats_jobs')).toEqual({
    tables: ['ats_jobs'],
    unmatched: ['hris_employes', 'ats_.*', 'hris', '__proto__'],
  });
});
