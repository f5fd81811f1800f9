import { COURSES, PROVIDERS, SKILLS } from '../words.ts';
import { customFields, integrationFields, listed, orNull, remoteData } from './common.ts';
import type { Details } from './define.ts';

export const LMS_DETAILS: Details = {
  lms_users: { size: { of: 'lms_course_progressions', share: 0.4 } },
  lms_courses: {
    size: { of: 'lms_course_progressions', share: 0.12 },
    links: { provider: { to: 'lms_course_providers', field: 'provider_id', share: 90 } },
    nested: {
      provider: (r) => r.one('provider')?.part('id', 'remote_id', 'name') ?? null,
      revisions: (r) =>
        r.holders('lms_course_revisions', 'course').map((revision) => ({
          ...revision.stamped(),
          skill_assignments: revision
            .all('skills')
            .map((skill) => ({ skill: skill.part('id', 'remote_id', 'name') })),
        })),
    },
  },
  lms_course_providers: listed(PROVIDERS),
  lms_course_revisions: {
    size: { of: 'lms_courses', share: 1.4 },
    links: {
      course: { to: 'lms_courses', field: 'course_id' },
      skills: { to: 'lms_skills', many: 2, join: 'lms_join_revisions_skills' },
    },
    own: (r) => ({
      title: r.live('title', COURSES),
      description: orNull(r.chance('described', 70), 'Bring a laptop and an open question.'),
      remote_url: `https://learning.example.com/courses/${r.remoteId}`,
      status: r.pick('status', ['ACTIVE', 'ACTIVE', 'INACTIVE']),
      remote_created_at: r.time('created', 700),
      remote_data: remoteData(r),
      custom_fields: customFields(r),
      integration_fields: integrationFields(r),
    }),
  },
  lms_course_progressions: {
    size: 250,
    links: { revision: { to: 'lms_course_revisions', field: 'course_revision_id', shift: 3 } },
    own(r) {
      const status = r.live('status', ['ENROLLED', 'IN_PROGRESS', 'COMPLETED', 'DROPPED']);
      return { status, completed_at: orNull(status === 'COMPLETED', r.time('completed', 60)) };
    },
    nested: {
      course_revision(r) {
        const revision = r.one('revision');
        return (
          revision && {
            ...revision.part('id', 'remote_id', 'title'),
            course: revision.one('course')?.part('id', 'remote_id') ?? null,
          }
        );
      },
    },
  },
  lms_skills: listed(SKILLS),
};
