import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { complaint } from './complaint.ts';

describe('MODELS and EXCLUDE_MODELS', () => {
  test('choose everything if they are not set or are *', () => {
    expect(loadConfig({})).toMatchObject({ MODELS: null, EXCLUDE_MODELS: [] });
    expect(loadConfig({ MODELS: 'ats_jobs, *' })).toMatchObject({ MODELS: null });
  });

  test('are lists of names and patterns', () => {
    const env = { MODELS: ' ats_*, hris_employees ,/lms/users', EXCLUDE_MODELS: 'lms_course_revisions' };
    expect(loadConfig(env)).toMatchObject({
      MODELS: ['ats_*', 'hris_employees', '/lms/users'],
      EXCLUDE_MODELS: ['lms_course_revisions'],
    });
  });

  test.each(['MODELS', 'EXCLUDE_MODELS'])(
    '%s: a name that matches nothing is refused with the nearest one',
    (name) => {
      expect(complaint({ [name]: 'ats_jobs,hris_employes,xyz_*' })).toMatch(
        new RegExp(
          `^${name} names hris_employes \\(did you mean hris_employees\\?\\), xyz_\\*, which picks no .*; correct it, for example `,
        ),
      );
    },
  );

  test.each([
    [{ MODELS: ',' }, /^MODELS names no model; write one or several, for example/],
    [{ EXCLUDE_MODELS: '*' }, /^EXCLUDE_MODELS leaves nothing to read; /],
    [{ MODELS: 'ats_jobs', EXCLUDE_MODELS: 'ats_*' }, /^MODELS leaves nothing to read; /],
    [{ MODELS: 'ats_application_stages' }, /^MODELS leaves nothing to read; .*needs EXTRA_ENDPOINTS/],
  ])('%j is refused', (env, message) => {
    expect(complaint(env as Record<string, string>)).toMatch(message);
  });

  test('can choose what is read only by EXTRA_ENDPOINTS', () => {
    const env = { MODELS: 'ats_application_stages', EXTRA_ENDPOINTS: '/ats/application-stages' };
    expect(loadConfig(env).MODELS).toEqual(['ats_application_stages']);
  });
});
