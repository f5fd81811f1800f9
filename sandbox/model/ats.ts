import { JOB_TITLES, REJECTION_REASONS, STAGES, TAGS } from '../words.ts';
import { handle, listed, orNull, parts, remoteData } from './common.ts';
import type { Details, Fields, RecordReader } from './define.ts';

const ROLE_COPY = ['remote_id', 'remote_label', 'scope', 'unified_type'];
const INTERVIEW_COPY = ['id', 'remote_id', 'title', 'starting_at', 'ending_at', 'location', 'canceled'];

export const ATS_DETAILS: Details = {
  ats_applications: {
    size: 300,
    links: {
      job: { to: 'ats_jobs', field: 'job_id', shift: 3 },
      stage: { to: 'ats_application_stages', field: 'current_stage_id', shift: 1, drifts: true },
    },
    own(r) {
      const outcome = r.pick('outcome', ['PENDING', 'PENDING', 'PENDING', 'HIRED', 'DECLINED']);
      const declined = outcome === 'DECLINED';
      return {
        outcome,
        rejection_reason_name: orNull(declined, r.pick('reason', REJECTION_REASONS)),
        rejected_at: orNull(declined, r.time('rejected', 60)),
        screening_question_answers: answers(r),
      };
    },
    nested: {
      candidate: (r) => candidateCopy(r.one('candidate')),
      current_stage: (r) => stageCopy(r.one('stage'), 'id', 'remote_id', 'name', 'status', 'custom_fields'),
      interviews: (r) => parts(r.holders('ats_interviews', 'application'), ...INTERVIEW_COPY),
      offers: (r) => parts(r.holders('ats_offers', 'application'), 'id', 'remote_id', 'status'),
    },
  },
  ats_candidates: {
    size: { of: 'ats_applications', share: 0.8 },
    own(r) {
      const username = handle(r);
      return {
        phone_numbers: [{ phone_number: `+49 30 ${100_000 + r.int('phone', 900_000)}`, type: 'HOME' }],
        email_addresses: [{ email_address: `${username}@example.com`, type: 'PRIVATE' }],
        social_media: r.chance('social', 30)
          ? [{ link: `https://social.example.com/${username}`, type: 'LINKEDIN', username }]
          : [],
      };
    },
    nested: {
      applications: (r) =>
        r.holders('ats_applications', 'candidate').map((application) => ({
          ...application.part('id', 'remote_id', 'outcome', 'rejection_reason_name', 'rejected_at'),
          ...application.part('remote_url', 'changed_at', 'remote_created_at', 'remote_updated_at'),
          current_stage: stageCopy(application.one('stage'), 'id', 'remote_id', 'name'),
          job: application.one('job')?.part('id', 'remote_id', 'name') ?? null,
        })),
    },
  },
  ats_jobs: {
    size: { of: 'ats_applications', share: 0.1 },
    links: {
      stages: { to: 'ats_application_stages', many: 6, join: 'ats_join_jobs_application_stages' },
      questions: { to: 'ats_screening_questions', many: 3, join: 'ats_join_jobs_screening_questions' },
      team: { to: 'ats_users', many: 3, join: 'ats_join_jobs_users' },
      roles: { to: 'ats_roles', many: 2, join: 'ats_join_user_job_role_assignments', shift: 1 },
    },
    own(r) {
      const status = r.live('status', ['OPEN', 'OPEN', 'CLOSED', 'DRAFT', 'ARCHIVED']);
      const salary = 40_000 + r.int('salary', 60) * 1000;
      return {
        name: r.pick('name', JOB_TITLES),
        status,
        visibility: r.pick('visibility', ['PUBLIC', 'INTERNAL', 'UNLISTED', 'CONFIDENTIAL']),
        remote_work_status: r.pick('remote', ['REMOTE', 'HYBRID', 'TEMPORARY', 'ON_SITE']),
        salary_amount: null,
        salary_amount_from: salary,
        salary_amount_to: salary + 12_500.5,
        closed_at: orNull(status === 'CLOSED', r.time('closed', 20)),
        contact_id: r.all('team')[0]?.id ?? null,
      };
    },
    nested: {
      stages: (r) =>
        r.all('stages').map((stage) => stageCopy(stage, 'id', 'remote_id', 'name', 'remote_data')),
      screening_questions: (r) => r.all('questions').map((question) => question.own()),
      job_postings: (r) => r.holders('ats_job_postings', 'job').map((posting) => posting.own()),
      hiring_team: (r) =>
        r.all('team').map((user) => ({
          ...user.part('id', 'remote_id', 'first_name', 'last_name', 'email'),
          hiring_team_roles: [user.pick('team role', ['RECRUITER', 'HIRING_MANAGER', 'COORDINATOR'])],
          job_roles: parts(r.all('roles'), ...ROLE_COPY),
        })),
    },
  },
  ats_job_postings: {
    size: { of: 'ats_jobs', share: 1.5 },
    links: { job: { to: 'ats_jobs' } },
    own: (r) => ({
      title: `${r.live('title', JOB_TITLES)} (m/w/d)`,
      description_html: '<p>We look forward to your application.</p>',
      status: r.live('status', ['ACTIVE', 'INACTIVE', 'DRAFT']),
      visibility: r.pick('visibility', ['PUBLIC', 'INTERNAL', 'UNLISTED']),
      url: `https://jobs.example.com/postings/${r.remoteId}`,
      remote_data: remoteData(r),
    }),
  },
  ats_screening_questions: {
    size: 12,
    own: (r) => ({
      title: r.live('title', ['Why do you want to join?', 'When can you start?', 'Where do you live?']),
      description: null,
      format: r.pick('format', [
        { type: 'TEXT', display_type: 'MULTI_LINE', max_length: 2000 },
        { type: 'NUMBER', display_type: 'FIELD', min: 0, max: 40 },
        {
          type: 'SINGLE_SELECT',
          display_type: 'RADIO',
          options: [{ id: 'abc', remote_id: '1', name: 'Yes' }],
        },
        { type: 'BOOLEAN' },
        { type: 'DATE' },
      ]),
      category: r.pick('category', ['EEO', 'DEMOGRAPHIC', null]),
      index: r.ordinal,
      required: r.chance('required', 50),
      precondition_question_id: null,
      precondition_options: null,
    }),
  },
  ats_application_stages: listed(STAGES),
  ats_tags: listed(TAGS),
  ats_rejection_reasons: listed(REJECTION_REASONS),
  ats_users: {
    size: { of: 'ats_jobs', share: 0.8 },
    links: { roles: { to: 'ats_roles', many: 2, join: 'ats_join_users_roles' } },
    nested: { system_roles: (r) => parts(r.all('roles'), ...ROLE_COPY) },
  },
  ats_roles: {
    size: 6,
    own(r) {
      const types = ['HIRING_MANAGER', 'RECRUITER', 'COORDINATOR', 'INTERVIEWER', 'ADMIN', null];
      return { scope: r.pick('scope', ['SYSTEM', 'JOB']), unified_type: r.live('type', types) };
    },
  },
  ats_offers: {
    size: { of: 'ats_applications', share: 0.1 },
    links: { application: { to: 'ats_applications', field: 'application_id', shift: 7 } },
    own: (r) => ({
      status: r.live('status', ['DRAFT', 'APPROVED', 'SENT', 'ACCEPTED', 'DECLINED', 'ABANDONED']),
    }),
    nested: { application: (r) => applicationPeople(r.one('application')) },
  },
  ats_interviews: {
    size: { of: 'ats_applications', share: 0.3 },
    links: { stage: { to: 'ats_application_stages', field: 'stage_id' } },
    own(r) {
      const startingAt = r.time('starting', 40);
      return {
        starting_at: startingAt,
        ending_at: new Date(Date.parse(startingAt) + 3_600_000).toISOString(),
      };
    },
    nested: {
      application(r) {
        const application = r.one('application');
        return (
          application && {
            ...application.part('id', 'remote_id', 'outcome', 'rejection_reason_name'),
            ...applicationPeople(application),
          }
        );
      },
    },
  },
  ats_notes: {
    links: {
      application: { to: 'ats_applications', field: 'application_id', share: 60 },
      author: { to: 'ats_users', field: 'author_id' },
    },
  },
  ats_scorecards: {
    size: { of: 'ats_applications', share: 0.3 },
    links: {
      application: { to: 'ats_applications', field: 'application_id', share: 90 },
      interview: { to: 'ats_interviews', field: 'interview_id', share: 50 },
      author: { to: 'ats_users', field: 'author_id' },
    },
    own: (r) => ({ responses: scores(r) }),
  },
  ats_attachments: {
    size: { of: 'ats_candidates', share: 0.5 },
    links: { application: { to: 'ats_applications', field: 'application_id', share: 70 } },
    own: (r) => ({
      type: r.pick('type', ['CV', 'CV', 'COVER_LETTER', 'OTHER', null]),
      file_name: r.live('file name', ['cv.pdf', 'cv-2026.pdf', 'Lebenslauf (neu).pdf']),
      content_ref: { type: 's3', bucket: 'acme-attachments', key: `ats/${r.remoteId}/${r.revision}` },
    }),
  },
};

/** The overall rating is one of the responses. It has no id. */
function scores(r: RecordReader): Fields[] {
  const options = ['No', 'Yes', 'Strong yes'].map((label, index) => ({ remote_id: String(index), label }));
  const hires = r.live('hires', options);
  return [
    { remote_id: null, label: 'Overall', required: true, type: 'SINGLE_SELECT', options, answer: hires },
    { remote_id: 'q1', label: 'Experience', type: 'NUMBER', answer: r.live('experience', [1, 3.5, 5]) },
    {
      remote_id: 'q2',
      label: 'Notes',
      type: 'TEXT',
      answer: r.chance('notes', 50) ? 'Knows the field.' : null,
    },
  ];
}

function candidateCopy(candidate: RecordReader | null): Fields | null {
  if (!candidate) return null;
  return {
    ...candidate.part('id', 'remote_id', 'first_name', 'last_name', 'email_addresses', 'phone_numbers'),
    ...candidate.part('social_media', 'source', 'remote_url'),
    tags: parts(candidate.all('tags'), 'id', 'remote_id', 'name'),
  };
}

/** Only a nested stage has its place in the pipeline. */
function stageCopy(stage: RecordReader | null, ...names: string[]): Fields | null {
  return stage && { ...stage.part(...names), index: stage.ordinal };
}

function applicationPeople(application: RecordReader | null): Fields | null {
  if (!application) return null;
  return {
    candidate:
      application.one('candidate')?.part('id', 'remote_id', 'first_name', 'last_name', 'email_addresses') ??
      null,
    job: application.one('job')?.part('id', 'remote_id', 'name') ?? null,
  };
}

function answers(r: RecordReader): Fields[] | null {
  if (r.chance('no answers', 20)) return null;
  return [
    {
      answer: { choice: r.pick('language', ['TypeScript', 'Ruby', 'Go']) },
      question: askedAs('SINGLE_SELECT', 'Which language do you write most?'),
    },
    {
      answer: { checked: r.chance('permit', 80) },
      question: askedAs('BOOLEAN', 'Do you hold a work permit?'),
    },
  ];
}

function askedAs(type: string, title: string): Fields {
  return { remote_id: `q-${type.toLowerCase()}`, title, type };
}
