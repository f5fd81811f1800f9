import { expect, test } from 'vitest';
import { ALL_MODELS } from '../../src/domain/choice.ts';
import { checkChoice } from '../../src/doctor/choice.ts';

const one = (id: string, models: string[] | null, status: 'active' | 'removed' = 'active') => ({
  id,
  models,
  excludeModels: null,
  status,
});

test('the doctor says which tables the settings leave out, and for which integrations less is chosen', () => {
  expect(checkChoice(ALL_MODELS)).toEqual({
    name: 'Chosen',
    status: 'ok',
    message: 'MODELS and EXCLUDE_MODELS leave nothing out',
  });
  const settings = { ...ALL_MODELS, EXCLUDE_MODELS: ['lms_*'] };
  const integrations = [one('a:1', null), one('a:2', ['lms_users']), one('a:3', ['lms_users'], 'removed')];
  expect(checkChoice(settings, integrations).message).toBe(
    'MODELS and EXCLUDE_MODELS leave out 4 tables (lms_users, lms_course_progressions, lms_courses, lms_skills); less is chosen for 1 integration (a:2)',
  );
  expect(checkChoice({ ...ALL_MODELS, MODELS: ['lms_*'] }).message).toMatch(
    /leave out \d+ tables \(.*, …\)$/,
  );
});
