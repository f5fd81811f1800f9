import { describe, expect, test } from 'vitest';
import { CATALOGUE, enabledEndpoints, getEndpoint, KNOWN_MODELS } from '../../src/domain/catalogue/index.ts';
import { routeModels } from '../../src/domain/routing.ts';

const ats = enabledEndpoints('ATS');
const lms = enabledEndpoints('LMS');

describe('a changed model is read at', () => {
  test('its own endpoint, and those whose delta shows it', () => {
    expect(routeModels(['ats_candidates'], ats).delta.sort()).toEqual([
      '/ats/applications',
      '/ats/candidates',
    ]);
    expect(routeModels(['ats_jobs'], ats)).toEqual({ delta: ['/ats/jobs'], full: [], unknown: [] });
    expect(routeModels(['ats_interviews'], ats).delta.sort()).toEqual([
      '/ats/applications',
      '/ats/interviews',
    ]);
  });

  test('the endpoint that holds it, in full, if no delta shows it', () => {
    expect(routeModels(['lms_course_providers'], lms)).toEqual({
      delta: [],
      full: ['/lms/courses'],
      unknown: [],
    });
    expect(routeModels(['ats_join_user_job_role_assignments'], ats).full).toEqual(['/ats/jobs']);
  });

  test('the jobs for application stages, unless their own endpoint is enabled', () => {
    expect(routeModels(['ats_application_stages'], ats)).toMatchObject({ delta: [], full: ['/ats/jobs'] });
    const extra = enabledEndpoints('ATS', ['/ats/application-stages']);
    expect(routeModels(['ats_application_stages'], extra)).toMatchObject({
      delta: ['/ats/application-stages'],
      full: [],
    });
  });

  test('an endpoint once if both a full pass and a delta are needed', () => {
    const route = routeModels(['lms_courses', 'lms_course_providers'], lms);
    expect(route).toMatchObject({ delta: [], full: ['/lms/courses'] });
  });

  test('the endpoint that a table or a path names', () => {
    expect(routeModels(['hris_groups'], enabledEndpoints('HRIS')).delta).toEqual(['/hris/groups']);
    expect(routeModels(['/ats/jobs'], ats).delta).toEqual(['/ats/jobs']);
  });

  test('no endpoint for unknown names, which are reported and do no harm (I3, I13)', () => {
    expect(routeModels(['ats_robots', 'ats_jobs'], ats)).toEqual({
      delta: ['/ats/jobs'],
      full: [],
      unknown: ['ats_robots'],
    });
  });

  test('no endpoint if it is a known model of another category', () => {
    expect(routeModels(['hris_employees'], ats)).toEqual({ delta: [], full: [], unknown: [] });
  });
});

describe('the catalogue', () => {
  test('every endpoint has its own table, and columns that do not clash with the system columns', () => {
    expect(new Set(CATALOGUE.map(({ table }) => table)).size).toBe(CATALOGUE.length);
    for (const { fields } of CATALOGUE) {
      for (const reserved of [
        'integration_id',
        'id',
        'raw',
        'changed_at',
        'remote_deleted_at',
        'deleted_at',
        'observed_at',
        'asked_seq',
        'arrived_seq',
      ]) {
        expect(Object.keys(fields)).not.toContain(reserved);
      }
    }
  });

  test('deprecated and closed-beta endpoints are read only if you ask for them', () => {
    expect(ats.map(({ path }) => path)).not.toContain('/ats/application-stages');
    expect(enabledEndpoints('HRIS').map(({ path }) => path)).not.toContain('/hris/skills');
    expect(enabledEndpoints('HRIS', ['/hris/skills']).map(({ path }) => path)).toContain('/hris/skills');
  });

  test('every known model can be read somewhere, except three that no endpoint holds', () => {
    const readable = [...KNOWN_MODELS].filter((model) =>
      CATALOGUE.some((endpoint) => model in endpoint.models),
    );
    expect(KNOWN_MODELS.size - readable.length).toBe(3);
    expect(KNOWN_MODELS.size).toBeGreaterThanOrEqual(50);
  });

  test('assessment orders are read without updated_after', () => {
    expect(getEndpoint('/assessment/orders')).toMatchObject({
      delta: 'created_after',
      includeDeleted: false,
    });
  });
});
