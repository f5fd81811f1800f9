import { COURSES, PROVIDERS, SKILLS } from '../words.ts';
import { orNull, passedThrough, person, remoteData } from './common.ts';
import type { ModelDefinition } from './define.ts';

const user: ModelDefinition = {
  name: 'lms_users',
  category: 'LMS',
  size: { of: 'lms_course_progressions', share: 0.4 },
  own(r) {
    const { first, last, handle } = person(r);
    return {
      first_name: first,
      last_name: last,
      work_email: `${handle}@acme.example.com`,
      status: r.live('status', ['ACTIVE', 'ACTIVE', 'INACTIVE', null]),
      remote_created_at: r.time('created', 900),
      remote_data: remoteData(r),
      ...passedThrough(r),
    };
  },
};

const course: ModelDefinition = {
  name: 'lms_courses',
  category: 'LMS',
  size: { of: 'lms_course_progressions', share: 0.12 },
  links: { provider: { to: 'lms_course_providers', field: 'provider_id', share: 90 } },
  own: (r) => ({
    origin_id: orNull(r.chance('origin', 50), `course-${r.remoteId}`),
    remote_created_at: r.time('created', 900),
    remote_data: remoteData(r),
    ...passedThrough(r),
  }),
  nested: (r) => ({
    provider: r.one('provider')?.part('id', 'remote_id', 'name') ?? null,
    revisions: r.holders('lms_course_revisions', 'course').map((revision) => ({
      ...revision.part('id', 'remote_id', 'course_id', 'title', 'description', 'remote_url', 'status'),
      ...revision.part('remote_created_at', 'remote_deleted_at', 'changed_at', 'remote_data'),
      ...revision.part('custom_fields', 'integration_fields'),
      skill_assignments: revision
        .all('skills')
        .map((skill) => ({ skill: skill.part('id', 'remote_id', 'name') })),
    })),
  }),
};

const provider: ModelDefinition = {
  name: 'lms_course_providers',
  category: 'LMS',
  size: PROVIDERS.length,
  own: (r) => ({ name: PROVIDERS[(r.ordinal + r.revision) % PROVIDERS.length] }),
};

const revision: ModelDefinition = {
  name: 'lms_course_revisions',
  category: 'LMS',
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
    ...passedThrough(r),
  }),
};

const progression: ModelDefinition = {
  name: 'lms_course_progressions',
  category: 'LMS',
  size: 250,
  links: {
    user: { to: 'lms_users', field: 'user_id' },
    revision: { to: 'lms_course_revisions', field: 'course_revision_id', shift: 3 },
  },
  own(r) {
    const status = r.live('status', ['ENROLLED', 'IN_PROGRESS', 'COMPLETED', 'DROPPED']);
    return {
      status,
      enrolled_at: r.time('enrolled', 300),
      completed_at: orNull(status === 'COMPLETED', r.time('completed', 60)),
      remote_data: remoteData(r),
    };
  },
  nested(r) {
    const revision = r.one('revision');
    return {
      user: r.one('user')?.part('id', 'remote_id', 'first_name', 'last_name', 'work_email') ?? null,
      course_revision: revision && {
        ...revision.part('id', 'remote_id', 'title'),
        course: revision.one('course')?.part('id', 'remote_id') ?? null,
      },
    };
  },
};

const skill: ModelDefinition = {
  name: 'lms_skills',
  category: 'LMS',
  size: SKILLS.length,
  own: (r) => ({
    name: SKILLS[(r.ordinal + r.revision) % SKILLS.length],
    remote_created_at: r.time('created', 900),
    remote_data: remoteData(r),
    ...passedThrough(r),
  }),
};

export const LMS_MODELS: readonly ModelDefinition[] = [user, course, provider, revision, progression, skill];
