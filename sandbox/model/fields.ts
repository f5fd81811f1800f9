import type { ColumnType } from '../../src/domain/catalogue/index.ts';
import { COMPANIES, DEPARTMENTS, EMPLOYMENT_TYPES, JOB_TITLES, SOURCES } from '../words.ts';
import {
  address,
  customFields,
  firstName,
  fullName,
  handle,
  integrationFields,
  lastName,
  remoteData,
} from './common.ts';
import type { Make, RecordReader } from './define.ts';

/** Texts by field name. Each change takes the next one. */
const TEXTS: Readonly<Record<string, readonly (string | null)[]>> = {
  approval_status: ['PENDING', 'APPROVED', 'REJECTED'],
  balance_unit: ['DAYS', 'HOURS'],
  company: [...COMPANIES, null],
  department: DEPARTMENTS,
  employment_type: EMPLOYMENT_TYPES,
  job_title: JOB_TITLES,
  pay_frequency: ['MONTHLY', 'BIWEEKLY', null],
  pay_period: ['YEAR', 'MONTH', 'HOUR'],
  salary_period: ['YEAR', 'MONTH', null],
  source: SOURCES,
  status: ['ACTIVE', 'ACTIVE', 'INACTIVE', null],
  timezone: ['+01:00', '-05:00', null],
  title: JOB_TITLES,
  unit: ['DAYS', 'HOURS', null],
  used_unit: ['DAYS', 'HOURS'],
};

/** Fields that look alike in all models. */
const SHAPES: Readonly<Partial<Record<ColumnType, readonly [name: RegExp, make: Make][]>>> = {
  text: [
    [/^first_name$/, firstName],
    [/^last_name$/, lastName],
    [/_full_name$/, fullName],
    [/(^|_)email$/, (r) => `${handle(r)}@example.com`],
    [/_currency$/, () => 'EUR'],
    [/_time$/, (r) => `${10 + r.int('hour', 9)}:15:00`],
  ],
  timestamptz: [[/^remote_updated_at$/, (r) => (r.revision > 0 ? r.changedAt : r.time('updated', 90))]],
  jsonb: [
    [/^custom_fields$/, customFields],
    [/^integration_fields$/, integrationFields],
    [/^remote_data$/, remoteData],
  ],
};

const MAKERS: Record<ColumnType, (field: string, model: string) => Make> = {
  text: makeText,
  timestamptz: (field) => (r) => r.time(field, 400),
  numeric: (field) => (r) => (r.int(field, 400) + r.revision) / 4,
  boolean: (field) => (r) => r.chance(field, 30),
  jsonb: makeJson,
};

/** Makes a field from what the catalogue says about it. */
export function makeField(model: string, field: string, type: ColumnType): Make {
  const shape = SHAPES[type]?.find(([name]) => name.test(field));
  if (shape) return shape[1];
  const texts = TEXTS[field];
  if (type === 'text' && texts) return (r) => r.live(field, texts);
  const make = MAKERS[type](field, model);
  // A name is never null, so every change shows in it.
  if (field === 'name') return make;
  const salt = `no ${field}`;
  return (r) => (r.chance(salt, 12) ? null : make(r));
}

function makeText(field: string, model: string): Make {
  // If Kombo gives no time of day, the column holds the date as text.
  if (field.endsWith('_date')) return (r) => r.time(field, 400).slice(0, 10);
  if (/(^|_)(url|avatar)$/.test(field)) return (r) => `https://tool.example.com/${model}/${r.remoteId}`;
  const noun = model
    .slice(model.indexOf('_') + 1)
    .replace(/ies$/, 'y')
    .replace(/s$/, '');
  const label = (field === 'name' ? noun : field).replaceAll('_', ' ');
  const text = label.charAt(0).toUpperCase() + label.slice(1);
  return (r) => `${text} ${r.remoteId}${r.revision > 0 ? `, edition ${r.revision + 1}` : ''}`;
}

function makeJson(field: string): Make {
  if (/(^|_)(address|location)$/.test(field)) return (r) => address(r, field);
  const part = (r: RecordReader, at: number) => ({
    remote_id: `${r.remoteId}-${at}`,
    label: `${field} ${at}`,
    version: r.revision + 1,
  });
  if (!field.endsWith('s')) return (r) => part(r, 1);
  return (r) => Array.from({ length: r.int(field, 3) }, (_, at) => part(r, at + 1));
}
