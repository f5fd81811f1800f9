import { DEPARTMENTS, DOCUMENT_CATEGORIES, JOB_TITLES, LEGAL_ENTITIES } from '../words.ts';
import { address, EMPLOYMENT_TYPES, orNull, parts, passedThrough, person, remoteData } from './common.ts';
import type { ModelDefinition } from './define.ts';

const EMPLOYMENT_COPY = [
  'id',
  'remote_id',
  'employee_id',
  'job_title',
  'pay_rate',
  'pay_period',
  'pay_frequency',
  'employment_type',
  'pay_currency',
  'effective_date',
  'changed_at',
  'remote_deleted_at',
  'remote_data',
  'custom_fields',
  'integration_fields',
];
const BALANCE_COPY = [
  'id',
  'remote_id',
  'employee_id',
  'type_id',
  'balance',
  'balance_unit',
  'changed_at',
  'remote_deleted_at',
  'used',
  'used_unit',
  'remote_data',
];
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
const LOCATION_COPY = [
  'id',
  'remote_id',
  'name',
  'address',
  'type',
  'changed_at',
  'remote_deleted_at',
  'remote_data',
];

const employee: ModelDefinition = {
  name: 'hris_employees',
  category: 'HRIS',
  size: 200,
  links: {
    manager: { to: 'hris_employees', field: 'manager_id', tree: 8, refreshesSameModel: true },
    legalEntity: { to: 'hris_legal_entities', field: 'legal_entity_id' },
    location: { to: 'hris_locations', field: 'work_location_id', shift: 1 },
    groups: { to: 'hris_teams', many: 2, join: 'hris_join_employees_teams' },
  },
  own(r) {
    const { first, last, handle } = person(r);
    const status = r.pick('status', ['ACTIVE', 'ACTIVE', 'ACTIVE', 'PENDING', 'LEAVE', 'INACTIVE']);
    return {
      employee_number: `E${r.remoteId.padStart(5, '0')}`,
      first_name: first,
      last_name: last,
      nationality: r.pick('nationality', ['German', 'French', 'Spanish', 'Swedish', null]),
      display_full_name: `${first} ${last}`,
      job_title: r.live('job title', JOB_TITLES),
      work_email: `${handle}@acme.example.com`,
      personal_email: orNull(r.chance('private mail', 60), `${handle}@example.org`),
      mobile_phone_number: `+49 170 ${1_000_000 + r.int('phone', 9_000_000)}`,
      ssn: null,
      tax_id: orNull(r.chance('tax', 50), `${10_000_000_000 + r.int('tax id', 1_000_000_000)}`),
      gender: r.pick('gender', ['MALE', 'FEMALE', 'NON_BINARY', 'NOT_SPECIFIED', 'diverse']),
      ethnicity: r.pick('ethnicity', ['DECLINE_TO_SPECIFY', null]),
      marital_status: r.pick('marital', ['SINGLE', 'MARRIED', 'DIVORCED', null]),
      employment_status: status,
      employment_type: r.pick('employment', EMPLOYMENT_TYPES),
      weekly_hours: r.live('hours', [40, 38.5, 32, 20]),
      avatar: orNull(r.chance('avatar', 30), `https://hr.example.com/avatars/${r.remoteId}.png`),
      home_address: address(r, 'home'),
      bank_accounts: [
        {
          iban: `DE${10 + r.int('iban check', 89)}5001 0517 ${1000 + r.int('iban', 9000)}`,
          bic: 'INGDDEFFXXX',
          account_number: null,
          holder_name: `${first} ${last}`,
          bank_name: null,
          domestic_bank_routing: { number: '50010517', type: 'DE_BANKLEITZAHL' },
        },
      ],
      date_of_birth: r.time('birth', 20_000),
      start_date: r.time('start', 2500),
      termination_date: orNull(status === 'INACTIVE', r.time('termination', 200)),
      remote_created_at: r.time('created', 2500),
      ...passedThrough(r),
      remote_data: remoteData(r),
    };
  },
  nested: (r) => ({
    employments: parts(r.holders('hris_employments', 'employee'), ...EMPLOYMENT_COPY),
    time_off_balances: parts(r.holders('hris_time_off_balances', 'employee'), ...BALANCE_COPY),
    manager: r.one('manager')?.part(...MANAGER_COPY) ?? null,
    groups: parts(r.all('groups'), 'id', 'remote_id', 'name', 'type'),
    legal_entity: r.one('legalEntity')?.part('id', 'remote_id', 'name', 'address') ?? null,
    teams: parts(r.all('groups'), 'id', 'remote_id', 'name', 'type'),
    work_location: r.one('location')?.part(...LOCATION_COPY) ?? null,
  }),
};

const employment: ModelDefinition = {
  name: 'hris_employments',
  category: 'HRIS',
  size: { of: 'hris_employees', share: 1.2 },
  links: { employee: { to: 'hris_employees', field: 'employee_id' } },
  own: (r) => ({
    job_title: r.live('title', JOB_TITLES),
    pay_rate: 30_000 + r.int('pay', 5_000_000) / 100,
    pay_period: r.pick('period', ['YEAR', 'MONTH', 'HOUR']),
    pay_frequency: r.pick('frequency', ['MONTHLY', 'BIWEEKLY', null]),
    employment_type: r.pick('employment', EMPLOYMENT_TYPES),
    pay_currency: 'EUR',
    effective_date: r.time('effective', 900),
    remote_data: remoteData(r),
    ...passedThrough(r),
  }),
};

const team: ModelDefinition = {
  name: 'hris_teams',
  category: 'HRIS',
  size: DEPARTMENTS.length,
  links: { parent: { to: 'hris_teams', field: 'parent_id', tree: 4 } },
  own: (r) => ({
    name: DEPARTMENTS[(r.ordinal + r.revision) % DEPARTMENTS.length],
    type: r.pick('type', ['DEPARTMENT', 'TEAM', 'COST_CENTER', null]),
    remote_data: remoteData(r),
  }),
};

const location: ModelDefinition = {
  name: 'hris_locations',
  category: 'HRIS',
  size: 6,
  own: (r) => ({
    name: `Office ${r.remoteId}${r.revision > 0 ? ` (moved ${r.revision})` : ''}`,
    address: address(r),
    type: r.pick('type', ['OFFICE', 'WAREHOUSE', null]),
    remote_data: remoteData(r),
  }),
};

const legalEntity: ModelDefinition = {
  name: 'hris_legal_entities',
  category: 'HRIS',
  size: LEGAL_ENTITIES.length,
  own: (r) => ({
    name: LEGAL_ENTITIES[(r.ordinal + r.revision) % LEGAL_ENTITIES.length],
    address: address(r),
    remote_data: remoteData(r),
  }),
};

const documentCategory: ModelDefinition = {
  name: 'hris_employee_document_categories',
  category: 'HRIS',
  size: DOCUMENT_CATEGORIES.length,
  own: (r) => ({
    name: DOCUMENT_CATEGORIES[(r.ordinal + r.revision) % DOCUMENT_CATEGORIES.length],
    remote_data: remoteData(r),
  }),
};

export const HRIS_PEOPLE: readonly ModelDefinition[] = [
  employee,
  employment,
  team,
  location,
  legalEntity,
  documentCategory,
];
