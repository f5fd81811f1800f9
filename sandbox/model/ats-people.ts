import { JOB_TITLES, REJECTION_REASONS } from '../words.ts';
import { address, orNull, parts, passedThrough, person, remoteData } from './common.ts';
import type { Fields, ModelDefinition, RecordReader } from './define.ts';

const user: ModelDefinition = {
  name: 'ats_users',
  category: 'ATS',
  size: { of: 'ats_jobs', share: 0.8 },
  links: { roles: { to: 'ats_roles', many: 2, join: 'ats_join_users_roles' } },
  own(r) {
    const { first, last, handle } = person(r);
    return {
      first_name: first,
      last_name: last,
      email: `${handle}@acme.example.com`,
      status: r.live('status', ['ACTIVE', 'ACTIVE', 'INACTIVE']),
      remote_data: remoteData(r),
    };
  },
  nested: (r) => ({
    system_roles: parts(r.all('roles'), 'remote_id', 'remote_label', 'scope', 'unified_type'),
  }),
};

const role: ModelDefinition = {
  name: 'ats_roles',
  category: 'ATS',
  size: 6,
  own: (r) => {
    const type = r.live('type', ['HIRING_MANAGER', 'RECRUITER', 'COORDINATOR', 'INTERVIEWER', 'ADMIN', null]);
    return {
      remote_label: type === null ? 'Guest' : type.toLowerCase().replace('_', ' '),
      scope: r.pick('scope', ['SYSTEM', 'JOB']),
      unified_type: type,
      remote_data: remoteData(r),
    };
  },
};

const offer: ModelDefinition = {
  name: 'ats_offers',
  category: 'ATS',
  size: { of: 'ats_applications', share: 0.1 },
  links: { application: { to: 'ats_applications', field: 'application_id', shift: 7 } },
  own: (r) => ({
    status: r.live('status', ['DRAFT', 'APPROVED', 'SENT', 'ACCEPTED', 'DECLINED', 'ABANDONED']),
    employment_start_date: orNull(r.chance('start known', 70), r.time('start', 30)),
    ...passedThrough(r),
    remote_created_at: r.time('created', 60),
    remote_updated_at: r.time('updated', 30),
    remote_data: remoteData(r),
  }),
  nested: (r) => ({ application: applicationPeople(r.one('application')) }),
};

const interview: ModelDefinition = {
  name: 'ats_interviews',
  category: 'ATS',
  size: { of: 'ats_applications', share: 0.3 },
  links: {
    application: { to: 'ats_applications', field: 'application_id' },
    stage: { to: 'ats_application_stages', field: 'stage_id' },
    users: { to: 'ats_users', many: 2, join: 'ats_join_interviews_users' },
  },
  own(r) {
    const startingAt = r.time('starting', 40);
    return {
      title: `Interview: ${r.live('title', JOB_TITLES)}`,
      starting_at: startingAt,
      ending_at: new Date(Date.parse(startingAt) + 3_600_000).toISOString(),
      location: orNull(r.chance('on site', 40), address(r)),
      video_conferencing_url: orNull(r.chance('video', 60), `https://meet.example.com/${r.remoteId}`),
      canceled: r.chance('canceled', 10),
      remote_created_at: r.time('created', 80),
      remote_updated_at: r.time('updated', 40),
      remote_data: remoteData(r),
    };
  },
  nested(r) {
    const application = r.one('application');
    return {
      users: parts(r.all('users'), 'id', 'remote_id', 'first_name', 'last_name', 'email'),
      application: application && {
        ...application.part('id', 'remote_id', 'outcome', 'rejection_reason_name'),
        ...applicationPeople(application),
      },
    };
  },
};

function applicationPeople(application: RecordReader | null): Fields | null {
  if (!application) return null;
  return {
    candidate:
      application.one('candidate')?.part('id', 'remote_id', 'first_name', 'last_name', 'email_addresses') ??
      null,
    job: application.one('job')?.part('id', 'remote_id', 'name') ?? null,
  };
}

const note: ModelDefinition = {
  name: 'ats_notes',
  category: 'ATS',
  size: { of: 'ats_applications', share: 0.2 },
  links: {
    candidate: { to: 'ats_candidates', field: 'candidate_id' },
    application: { to: 'ats_applications', field: 'application_id', share: 60 },
    author: { to: 'ats_users', field: 'author_id' },
  },
  own: (r) => ({
    title: orNull(r.chance('titled', 50), 'After the call'),
    content_html: `<p>${r.live('content', ['Good talk.', 'Call back on Monday.', 'Asked about salary.'])}</p>`,
    is_private: r.chance('private', 20),
    remote_created_at: r.time('created', 60),
    remote_updated_at: r.time('updated', 30),
  }),
  nested: (r) => ({
    author: r.one('author')?.part('id', 'remote_id', 'first_name', 'last_name', 'email') ?? null,
  }),
};

const rejectionReason: ModelDefinition = {
  name: 'ats_rejection_reasons',
  category: 'ATS',
  size: REJECTION_REASONS.length,
  own: (r) => ({
    name: REJECTION_REASONS[(r.ordinal + r.revision) % REJECTION_REASONS.length],
    remote_data: remoteData(r),
  }),
};

export const ATS_PEOPLE: readonly ModelDefinition[] = [user, role, offer, interview, note, rejectionReason];
