import {
  ABSENCE_TYPES,
  DEPARTMENTS,
  DOCUMENT_CATEGORIES,
  LEGAL_ENTITIES,
  SALARY_TYPES,
  SKILLS,
} from '../words.ts';
import { fullName, listed, orNull, parts } from './common.ts';
import type { Details, Fields, Make, RecordReader } from './define.ts';

const GROUP_COPY = ['id', 'remote_id', 'name', 'type'];
const MANAGER_COPY = [
  'first_name',
  'last_name',
  'display_full_name',
  'id',
  'employee_number',
  'work_email',
  'remote_id',
  'employment_status',
  'termination_date',
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

function copyOf(link: string, ...names: string[]): Make {
  return (r) => r.one(link)?.part(...names) ?? null;
}

/** Sums of a payslip or of a pay run. A tool may leave one out. */
function totals(r: RecordReader, most: number): Fields {
  const value = most / 2 + r.int('gross', most / 2) + r.revision;
  const sum = (share: number) => ({ currency: 'EUR', value: Math.round(value * share * 100) / 100 });
  return {
    gross_pay: sum(1),
    net_pay: sum(0.61),
    ...(r.chance('paid', 50) ? { paid_amount: sum(0.61) } : {}),
  };
}

export const HRIS_DETAILS: Details = {
  hris_employees: {
    size: 200,
    links: {
      manager: { to: 'hris_employees', field: 'manager_id', tree: 8, refreshesSameModel: true },
      location: { to: 'hris_locations', field: 'work_location_id', shift: 1 },
      groups: { to: 'hris_teams', many: 2, join: 'hris_join_employees_teams' },
    },
    own(r) {
      const status = r.pick('status', ['ACTIVE', 'ACTIVE', 'ACTIVE', 'PENDING', 'LEAVE', 'INACTIVE']);
      return {
        ssn: null,
        gender: r.pick('gender', ['MALE', 'FEMALE', 'NON_BINARY', 'NOT_SPECIFIED', 'diverse']),
        ethnicity: r.pick('ethnicity', ['DECLINE_TO_SPECIFY', null]),
        marital_status: r.pick('marital', ['SINGLE', 'MARRIED', 'DIVORCED', null]),
        employment_status: status,
        bank_accounts: [
          {
            iban: `DE${10 + r.int('iban check', 89)}5001 0517 ${1000 + r.int('iban', 9000)}`,
            bic: 'INGDDEFFXXX',
            account_number: null,
            holder_name: fullName(r),
            bank_name: null,
            domestic_bank_routing: { number: '50010517', type: 'DE_BANKLEITZAHL' },
          },
        ],
        date_of_birth: r.time('birth', 20_000),
        termination_date: orNull(status === 'INACTIVE', r.time('termination', 200)),
      };
    },
    nested: {
      employments: (r) => r.holders('hris_employments', 'employee').map((one) => one.stamped()),
      time_off_balances: (r) => r.holders('hris_time_off_balances', 'employee').map((one) => one.stamped()),
      manager: copyOf('manager', ...MANAGER_COPY),
      // The older name of `groups`.
      teams: (r) => parts(r.all('groups'), ...GROUP_COPY),
      legal_entity: copyOf('legal_entity', 'id', 'remote_id', 'name', 'address'),
      work_location: (r) => r.one('location')?.stamped() ?? null,
    },
  },
  hris_employments: { size: { of: 'hris_employees', share: 1.2 } },
  hris_teams: {
    ...listed(DEPARTMENTS, (r) => ({ type: r.pick('type', ['DEPARTMENT', 'TEAM', 'COST_CENTER', null]) })),
    links: { parent: { to: 'hris_teams', field: 'parent_id', tree: 4 } },
  },
  hris_legal_entities: listed(LEGAL_ENTITIES),
  hris_employee_document_categories: listed(DOCUMENT_CATEGORIES),
  hris_absence_types: listed(ABSENCE_TYPES),
  hris_time_off_balances: {
    size: { of: 'hris_employees', share: 1 },
    links: { type: { to: 'hris_absence_types', field: 'type_id' } },
    nested: { type: (r) => r.one('type')?.stamped() ?? null },
  },
  hris_absences: {
    size: { of: 'hris_employees', share: 2 },
    links: {
      approver: { to: 'hris_employees', field: 'approver_id', share: 70 },
      type: { to: 'hris_absence_types', field: 'type_id' },
    },
    own(r) {
      const start = r.time('start', 200);
      const days = 1 + r.int('days', 9);
      return {
        start_date: start.slice(0, 10),
        end_date: new Date(Date.parse(start) + (days - 1) * 86_400_000).toISOString().slice(0, 10),
        amount: days,
        unit: 'DAYS',
        status: r.live('status', ['REQUESTED', 'APPROVED', 'APPROVED', 'DECLINED', 'CANCELLED']),
      };
    },
    nested: { type: (r) => r.one('type')?.stamped() ?? null },
  },
  hris_timesheets: {
    size: { of: 'hris_employees', share: 1.5 },
    own(r) {
      const startedAt = r.time('started', 60);
      const at = (hours: number) => new Date(Date.parse(startedAt) + hours * 3_600_000).toISOString();
      return {
        started_at: startedAt,
        ended_at: at(8.5),
        breaks: [{ started_at: at(4), ended_at: at(4.5), paid: false }],
      };
    },
  },
  hris_pay_runs: {
    size: 24,
    own(r) {
      const start = r.time('start', 700).slice(0, 8);
      return { start_date: `${start}01`, end_date: `${start}28`, totals: totals(r, 100_000) };
    },
  },
  hris_payslips: {
    size: { of: 'hris_employees', share: 2 },
    links: { employee: { to: 'hris_employees' }, pay_run: { to: 'hris_pay_runs', shift: 1 } },
    own: (r) => ({ totals: totals(r, 3_000) }),
    nested: {
      employee: copyOf('employee', ...REVIEWER_COPY),
      pay_run: copyOf('pay_run', 'id', 'remote_id', 'start_date', 'end_date', 'legal_entity_id'),
      line_items: (r) =>
        r.holders('hris_payslip_line_items', 'payslip').map((line) => ({
          ...line.part('id', 'remote_id'),
          name: line.one('salary_type')?.get('name') ?? null,
          ...line.part('amount'),
        })),
    },
  },
  hris_payslip_line_items: {
    size: { of: 'hris_payslips', share: 2 },
    links: { payslip: { to: 'hris_payslips' }, salary_type: { to: 'hris_salary_types' } },
    own: (r) => ({ amount: { currency: 'EUR', value: 100 + r.int('amount', 3_000) + r.revision } }),
  },
  hris_salary_types: listed(SALARY_TYPES),
  hris_performance_reviews: {
    size: { of: 'hris_employees', share: 0.5 },
    links: {
      reviewee: { to: 'hris_employees' },
      reviewer: { to: 'hris_employees', shift: 2, share: 80 },
      cycle: { to: 'hris_performance_review_cycles' },
    },
    own: (r) => ({
      type: r.pick('type', ['MANAGER', 'DIRECT_REPORT', 'PEER', 'SELF', null]),
      summary_rating: r.live('rating', [
        { type: 'NUMERIC', min: 1, max: 5, value: 4.5 },
        { type: 'SINGLE_SELECT', ordered_options: ['below', 'meets', 'exceeds'], value: 'meets' },
        null,
      ]),
    }),
    nested: {
      reviewee: copyOf('reviewee', ...REVIEWER_COPY),
      reviewer: copyOf('reviewer', ...REVIEWER_COPY),
      review_cycle: (r) => r.one('cycle')?.stamped() ?? null,
    },
  },
  hris_skills: listed(SKILLS, (r) => ({
    ordered_levels: orNull(r.chance('levels', 50), ['Beginner', 'Expert']),
  })),
  hris_staffing_entities: {
    links: { parent: { to: 'hris_staffing_entities', field: 'parent_id', tree: 3 } },
    own: (r) => ({
      model_type: r.pick('type', ['JOB', 'POSITION', 'REQUISITION']),
      status: r.live('status', ['OPEN_LIMITED', 'OPEN_UNLIMITED', 'PENDING', 'FROZEN', 'FILLED', 'CLOSED']),
      employment_types: [{ remote_label: 'Vollzeit', unified_type: 'FULL_TIME' }],
    }),
  },
};
