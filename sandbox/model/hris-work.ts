import { ABSENCE_TYPES, JOB_TITLES, SKILLS } from '../words.ts';
import { customFields, orNull, parts, passedThrough, remoteData } from './common.ts';
import type { ModelDefinition } from './define.ts';

const ABSENCE_TYPE_COPY = [
  'id',
  'remote_id',
  'name',
  'unit',
  'half_days_supported',
  'exact_times_supported',
  'remote_data',
  'changed_at',
  'remote_deleted_at',
  'custom_fields',
];
const REVIEWER_COPY = [
  'id',
  'remote_id',
  'first_name',
  'last_name',
  'display_full_name',
  'work_email',
  'remote_deleted_at',
];
const CYCLE_COPY = [
  'id',
  'remote_id',
  'name',
  'review_period_start_date',
  'changed_at',
  'remote_deleted_at',
  'remote_data',
];

const absenceType: ModelDefinition = {
  name: 'hris_absence_types',
  category: 'HRIS',
  size: ABSENCE_TYPES.length,
  own: (r) => ({
    name: ABSENCE_TYPES[(r.ordinal + r.revision) % ABSENCE_TYPES.length],
    unit: r.pick('unit', ['DAYS', 'HOURS', null]),
    half_days_supported: r.chance('half days', 60),
    exact_times_supported: r.chance('exact times', 20),
    remote_data: remoteData(r),
    custom_fields: customFields(r),
  }),
};

const balance: ModelDefinition = {
  name: 'hris_time_off_balances',
  category: 'HRIS',
  size: { of: 'hris_employees', share: 1 },
  links: {
    employee: { to: 'hris_employees', field: 'employee_id' },
    type: { to: 'hris_absence_types', field: 'type_id' },
  },
  own: (r) => ({
    balance: r.live('balance', [30, 24.5, 12, 3.25, 0]),
    balance_unit: 'DAYS',
    used: r.live('used', [0, 5.5, 18, 26.75, 30]),
    used_unit: 'DAYS',
    remote_data: remoteData(r),
  }),
  nested: (r) => ({ type: r.one('type')?.part(...ABSENCE_TYPE_COPY) ?? null }),
};

const absence: ModelDefinition = {
  name: 'hris_absences',
  category: 'HRIS',
  size: { of: 'hris_employees', share: 2 },
  links: {
    employee: { to: 'hris_employees', field: 'employee_id', shift: 5 },
    approver: { to: 'hris_employees', field: 'approver_id', share: 70 },
    type: { to: 'hris_absence_types', field: 'type_id' },
  },
  own(r) {
    const start = r.time('start', 200);
    const days = 1 + r.int('days', 9);
    const exact = r.chance('exact', 20);
    return {
      start_date: start.slice(0, 10),
      end_date: new Date(Date.parse(start) + (days - 1) * 86_400_000).toISOString().slice(0, 10),
      start_half_day: r.chance('half', 10),
      end_half_day: false,
      start_time: orNull(exact, '13:15:00'),
      end_time: orNull(exact, '17:00:00'),
      amount: days,
      unit: 'DAYS',
      status: r.live('status', ['REQUESTED', 'APPROVED', 'APPROVED', 'DECLINED', 'CANCELLED']),
      employee_note: orNull(r.chance('note', 20), 'Visiting my family.'),
      remote_created_at: r.time('created', 250),
      remote_updated_at: r.time('updated', 100),
      remote_data: remoteData(r),
    };
  },
  nested: (r) => ({ type: r.one('type')?.part(...ABSENCE_TYPE_COPY) ?? null }),
};

const timesheet: ModelDefinition = {
  name: 'hris_timesheets',
  category: 'HRIS',
  size: { of: 'hris_employees', share: 1.5 },
  links: { employee: { to: 'hris_employees', field: 'employee_id', shift: 11 } },
  own(r) {
    const startedAt = r.time('started', 60);
    const at = (hours: number) => new Date(Date.parse(startedAt) + hours * 3_600_000).toISOString();
    return {
      started_at: startedAt,
      ended_at: at(8.5),
      timezone: r.pick('timezone', ['+01:00', '-05:00', null]),
      payable_hours: r.live('payable', [8, 7.75, 7.5]),
      unpaid_break_minutes: 30,
      breaks: [{ started_at: at(4), ended_at: at(4.5), paid: false }],
      approval_status: r.live('approval', ['PENDING', 'APPROVED', 'REJECTED']),
      approved_at: null,
      comment: orNull(r.chance('comment', 20), 'Stock taking'),
      ...passedThrough(r),
      remote_data: remoteData(r),
    };
  },
};

const reviewCycle: ModelDefinition = {
  name: 'hris_performance_review_cycles',
  category: 'HRIS',
  size: 4,
  own: (r) => ({
    name: `Review ${2022 + r.ordinal}${r.revision > 0 ? `, edition ${r.revision + 1}` : ''}`,
    review_period_start_date: r.time('start', 1400),
    remote_data: remoteData(r),
  }),
};

const review: ModelDefinition = {
  name: 'hris_performance_reviews',
  category: 'HRIS',
  size: { of: 'hris_employees', share: 0.5 },
  links: {
    reviewee: { to: 'hris_employees' },
    reviewer: { to: 'hris_employees', shift: 2, share: 80 },
    cycle: { to: 'hris_performance_review_cycles' },
  },
  own: (r) => ({
    type: r.pick('type', ['MANAGER', 'DIRECT_REPORT', 'PEER', 'SELF', null]),
    summary_comment: orNull(r.chance('comment', 60), 'A reliable colleague.'),
    summary_rating: r.live('rating', [
      { type: 'NUMERIC', min: 1, max: 5, value: 4.5 },
      { type: 'SINGLE_SELECT', ordered_options: ['below', 'meets', 'exceeds'], value: 'meets' },
      null,
    ]),
    remote_data: remoteData(r),
  }),
  nested: (r) => ({
    reviewee: r.one('reviewee')?.part(...REVIEWER_COPY) ?? null,
    reviewer: r.one('reviewer')?.part(...REVIEWER_COPY) ?? null,
    review_cycle: r.one('cycle')?.part(...CYCLE_COPY) ?? null,
  }),
};

const skill: ModelDefinition = {
  name: 'hris_skills',
  category: 'HRIS',
  size: SKILLS.length,
  own: (r) => ({
    name: SKILLS[(r.ordinal + r.revision) % SKILLS.length],
    description: orNull(r.chance('described', 50), 'Shown on the job.'),
    ordered_levels: r.chance('levels', 50) ? ['Beginner', 'Expert'] : null,
    remote_data: remoteData(r),
  }),
};

const skillAssignment: ModelDefinition = {
  name: 'hris_employee_skill_assignments',
  category: 'HRIS',
  size: { of: 'hris_employees', share: 0.5 },
  bare: true,
  links: {
    employee: { to: 'hris_employees', field: 'employee_id' },
    skill: { to: 'hris_skills', field: 'skill_id' },
  },
  own: (r) => ({ current_level: r.live('level', ['Beginner', 'Expert', null]) }),
};

const staffingEntity: ModelDefinition = {
  name: 'hris_staffing_entities',
  category: 'HRIS',
  size: { of: 'hris_employees', share: 0.2 },
  links: {
    parent: { to: 'hris_staffing_entities', field: 'parent_id', tree: 3 },
    locations: { to: 'hris_locations', many: 2, join: 'hris_join_staffing_entities_locations' },
    legalEntities: { to: 'hris_legal_entities', many: 1, join: 'hris_join_staffing_entities_legal_entities' },
    groups: { to: 'hris_teams', many: 2, join: 'hris_join_staffing_entities_groups' },
    skills: { to: 'hris_skills', many: 2, join: 'hris_join_staffing_entities_skills' },
  },
  own: (r) => ({
    name: r.pick('name', JOB_TITLES),
    model_type: r.pick('type', ['JOB', 'POSITION', 'REQUISITION']),
    description: orNull(r.chance('description', 40), 'Replacement for a leaver.'),
    status: r.live('status', ['OPEN_LIMITED', 'OPEN_UNLIMITED', 'PENDING', 'FROZEN', 'FILLED', 'CLOSED']),
    employment_types: [{ remote_label: 'Vollzeit', unified_type: 'FULL_TIME' }],
    number_of_openings: r.live('openings', [1, 2, 5]),
    remote_url: `https://hr.example.com/positions/${r.remoteId}`,
    remote_created_at: r.time('created', 400),
    remote_updated_at: r.time('updated', 100),
    ...passedThrough(r),
    remote_data: remoteData(r),
  }),
  nested: (r) => ({
    locations: parts(r.all('locations'), 'id', 'remote_id', 'name', 'type'),
    legal_entities: parts(r.all('legalEntities'), 'id', 'remote_id', 'name'),
    groups: parts(r.all('groups'), 'id', 'remote_id', 'name', 'type'),
    skills: parts(r.all('skills'), 'id', 'remote_id', 'name'),
  }),
};

export const HRIS_WORK: readonly ModelDefinition[] = [
  absenceType,
  balance,
  absence,
  timesheet,
  reviewCycle,
  review,
  skill,
  skillAssignment,
  staffingEntity,
];
