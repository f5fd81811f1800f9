import { defineEndpoint, type EndpointDefinition } from './define.ts';

/** Learning: https://docs.kombo.dev/lms */
export const LMS_ENDPOINTS: readonly EndpointDefinition[] = [
  defineEndpoint({
    path: '/lms/users',
    models: { lms_users: 'own' },
    fields: {
      remote_id: 'text',
      first_name: 'text',
      last_name: 'text',
      work_email: 'text',
      status: 'text',
      remote_created_at: 'timestamptz',
      remote_data: 'jsonb',
      custom_fields: 'jsonb',
      integration_fields: 'jsonb',
    },
  }),
  defineEndpoint({
    path: '/lms/course-progressions',
    models: {
      lms_course_progressions: 'own',
      lms_users: 'embedded',
      lms_courses: 'embedded',
      lms_course_revisions: 'embedded',
    },
    fields: {
      remote_id: 'text',
      user_id: 'text',
      course_revision_id: 'text',
      status: 'text',
      enrolled_at: 'timestamptz',
      completed_at: 'timestamptz',
      remote_data: 'jsonb',
      user: 'jsonb',
      course_revision: 'jsonb',
    },
  }),
  defineEndpoint({
    path: '/lms/courses',
    models: {
      lms_courses: 'own',
      lms_course_revisions: 'delta',
      lms_course_providers: 'full',
      lms_join_revisions_skills: 'full',
      lms_skills: 'embedded',
    },
    fields: {
      remote_id: 'text',
      provider_id: 'text',
      origin_id: 'text',
      remote_created_at: 'timestamptz',
      remote_data: 'jsonb',
      custom_fields: 'jsonb',
      integration_fields: 'jsonb',
      provider: 'jsonb',
      revisions: 'jsonb',
    },
  }),
  defineEndpoint({
    path: '/lms/skills',
    models: { lms_skills: 'own' },
    fields: {
      remote_id: 'text',
      name: 'text',
      remote_created_at: 'timestamptz',
      remote_data: 'jsonb',
      custom_fields: 'jsonb',
      integration_fields: 'jsonb',
    },
  }),
];
