import { DEPARTMENTS, COMPANIES, JOB_TITLES, REJECTION_REASONS, SOURCES, STAGES, TAGS } from '../words.ts';
import {
  address,
  customFields,
  EMPLOYMENT_TYPES,
  orNull,
  parts,
  passedThrough,
  person,
  remoteData,
} from './common.ts';
import type { Fields, ModelDefinition, RecordReader } from './define.ts';

const INTERVIEW_COPY = ['id', 'remote_id', 'title', 'starting_at', 'ending_at', 'location', 'canceled'];
const QUESTION_COPY = [
  'id',
  'remote_id',
  'title',
  'description',
  'format',
  'category',
  'index',
  'required',
  'precondition_question_id',
  'precondition_options',
];
const POSTING_COPY = [
  'id',
  'remote_id',
  'title',
  'description_html',
  'status',
  'visibility',
  'url',
  'remote_data',
];

const application: ModelDefinition = {
  name: 'ats_applications',
  category: 'ATS',
  size: 300,
  links: {
    candidate: { to: 'ats_candidates', field: 'candidate_id' },
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
      ...passedThrough(r),
      remote_url: `https://ats.example.com/applications/${r.remoteId}`,
      remote_created_at: r.time('created', 300),
      remote_updated_at: r.revision > 0 ? r.changedAt : r.time('updated', 90),
      remote_data: remoteData(r),
    };
  },
  nested: (r) => ({
    candidate: candidateCopy(r.one('candidate')),
    current_stage:
      r.one('stage')?.part('id', 'remote_id', 'name', 'index', 'status', 'custom_fields') ?? null,
    job: r.one('job')?.part('id', 'remote_id', 'name') ?? null,
    interviews: parts(r.holders('ats_interviews', 'application'), ...INTERVIEW_COPY),
    offers: parts(r.holders('ats_offers', 'application'), 'id', 'remote_id', 'status'),
  }),
};

function candidateCopy(candidate: RecordReader | null): Fields | null {
  if (!candidate) return null;
  return {
    ...candidate.part('id', 'remote_id', 'first_name', 'last_name', 'email_addresses', 'phone_numbers'),
    ...candidate.part('social_media', 'source', 'remote_url'),
    tags: parts(candidate.all('tags'), 'id', 'remote_id', 'name'),
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

const candidate: ModelDefinition = {
  name: 'ats_candidates',
  category: 'ATS',
  size: { of: 'ats_applications', share: 0.8 },
  links: { tags: { to: 'ats_tags', many: 3, join: 'ats_join_candidates_tags' } },
  own(r) {
    const { first, last, handle } = person(r);
    return {
      first_name: first,
      last_name: last,
      company: orNull(r.chance('employed', 70), r.live('company', COMPANIES)),
      title: r.live('title', JOB_TITLES),
      confidential: orNull(r.chance('known confidentiality', 50), r.chance('confidential', 10)),
      source: r.pick('source', SOURCES),
      phone_numbers: [{ phone_number: `+49 30 ${100_000 + r.int('phone', 900_000)}`, type: 'HOME' }],
      email_addresses: [{ email_address: `${handle}@example.com`, type: 'PRIVATE' }],
      social_media: r.chance('social', 30)
        ? [{ link: `https://social.example.com/${handle}`, type: 'LINKEDIN', username: handle }]
        : [],
      location: orNull(r.chance('located', 80), address(r)),
      ...passedThrough(r),
      remote_url: `https://ats.example.com/people/${r.remoteId}`,
      remote_created_at: r.time('created', 500),
      remote_updated_at: r.time('updated', 90),
      remote_data: remoteData(r),
    };
  },
  nested: (r) => ({
    applications: r.holders('ats_applications', 'candidate').map((application) => ({
      ...application.part('id', 'remote_id', 'outcome', 'rejection_reason_name', 'rejected_at', 'remote_url'),
      ...application.part('changed_at', 'remote_created_at', 'remote_updated_at'),
      current_stage: application.one('stage')?.part('id', 'name', 'remote_id', 'index') ?? null,
      job: application.one('job')?.part('id', 'name', 'remote_id') ?? null,
    })),
    tags: parts(r.all('tags'), 'id', 'name', 'remote_id'),
  }),
};

const job: ModelDefinition = {
  name: 'ats_jobs',
  category: 'ATS',
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
      job_code: `JOB-${r.remoteId}`,
      description: `<p>Join our ${r.pick('department', DEPARTMENTS)} team.</p>`,
      confidential: r.chance('confidential', 5),
      weekly_hours: r.pick('hours', [40, 37.5, 32, 20]),
      employment_type: r.pick('employment', EMPLOYMENT_TYPES),
      status,
      visibility: r.pick('visibility', ['PUBLIC', 'INTERNAL', 'UNLISTED', 'CONFIDENTIAL']),
      category: r.pick('category', ['Technology', 'Business', null]),
      department: r.pick('department', DEPARTMENTS),
      post_url: `https://jobs.example.com/${r.remoteId}`,
      experience_level: r.pick('level', ['Junior', 'Senior', 'Lead', null]),
      remote_work_status: r.pick('remote', ['REMOTE', 'HYBRID', 'TEMPORARY', 'ON_SITE']),
      salary_amount: null,
      salary_amount_from: salary,
      salary_amount_to: salary + 12_500.5,
      salary_currency: 'EUR',
      salary_period: 'YEAR',
      location: address(r),
      ...passedThrough(r),
      remote_url: `https://ats.example.com/jobs/${r.remoteId}`,
      opened_at: r.time('opened', 200),
      closed_at: orNull(status === 'CLOSED', r.time('closed', 20)),
      remote_created_at: r.time('created', 400),
      remote_updated_at: r.time('updated', 90),
      contact_id: r.all('team')[0]?.id ?? null,
      remote_data: remoteData(r),
    };
  },
  nested: (r) => ({
    stages: parts(r.all('stages'), 'id', 'remote_id', 'name', 'remote_data', 'index'),
    screening_questions: parts(r.all('questions'), ...QUESTION_COPY),
    job_postings: parts(r.holders('ats_job_postings', 'job'), ...POSTING_COPY),
    hiring_team: r.all('team').map((user) => ({
      ...user.part('id', 'remote_id', 'first_name', 'last_name', 'email'),
      hiring_team_roles: [user.pick('team role', ['RECRUITER', 'HIRING_MANAGER', 'COORDINATOR'])],
      job_roles: parts(r.all('roles'), 'remote_id', 'remote_label', 'scope', 'unified_type'),
    })),
  }),
};

const posting: ModelDefinition = {
  name: 'ats_job_postings',
  category: 'ATS',
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
};

const question: ModelDefinition = {
  name: 'ats_screening_questions',
  category: 'ATS',
  size: 12,
  own: (r) => ({
    title: r.live('title', ['Why do you want to join?', 'When can you start?', 'Where do you live?']),
    description: null,
    format: r.pick('format', [
      { type: 'TEXT', display_type: 'MULTI_LINE', max_length: 2000 },
      { type: 'NUMBER', display_type: 'FIELD', min: 0, max: 40 },
      { type: 'SINGLE_SELECT', display_type: 'RADIO', options: [{ id: 'abc', remote_id: '1', name: 'Yes' }] },
      { type: 'BOOLEAN' },
      { type: 'DATE' },
    ]),
    category: r.pick('category', ['EEO', 'DEMOGRAPHIC', null]),
    index: r.ordinal,
    required: r.chance('required', 50),
    precondition_question_id: null,
    precondition_options: null,
  }),
};

const stage: ModelDefinition = {
  name: 'ats_application_stages',
  category: 'ATS',
  size: STAGES.length,
  copyOnly: ['index'],
  own: (r) => ({
    name: STAGES[(r.ordinal + r.revision) % STAGES.length],
    index: r.ordinal,
    status: r.pick('status', ['ACTIVE', 'ACTIVE', 'INACTIVE', null]),
    custom_fields: customFields(r),
    remote_data: remoteData(r),
  }),
};

const tag: ModelDefinition = {
  name: 'ats_tags',
  category: 'ATS',
  size: TAGS.length,
  own: (r) => ({ name: TAGS[(r.ordinal + r.revision) % TAGS.length], remote_data: remoteData(r) }),
};

export const ATS_PIPELINE: readonly ModelDefinition[] = [
  application,
  candidate,
  job,
  posting,
  question,
  stage,
  tag,
];
