import { CATALOGUE, findEndpoint, type EndpointDefinition } from '../../src/domain/catalogue/index.ts';

/*
 * Plants a unique text in every value of every record, and knows the names that exclude each. It is independent of the
 * code that excludes values: it looks at the place of a value, not at rules.
 */

/** Keys of nested records and the table of their model, by category. */
const NESTED: Readonly<Record<string, readonly (readonly [key: string, table: string])[]>> = {
  HRIS: [
    ['employee', 'hris_employees'],
    ['manager', 'hris_employees'],
    ['reviewee', 'hris_employees'],
    ['reviewer', 'hris_employees'],
    ['employments', 'hris_employments'],
    ['time_off_balances', 'hris_time_off_balances'],
    ['groups', 'hris_groups'],
    ['teams', 'hris_groups'],
    ['legal_entity', 'hris_legal_entities'],
    ['legal_entities', 'hris_legal_entities'],
    ['work_location', 'hris_locations'],
    ['locations', 'hris_locations'],
    ['type', 'hris_absence_types'],
    ['pay_run', 'hris_pay_runs'],
    ['review_cycle', 'hris_performance_review_cycles'],
    ['skill', 'hris_skills'],
    ['skills', 'hris_skills'],
  ],
  ATS: [
    ['candidate', 'ats_candidates'],
    ['job', 'ats_jobs'],
    ['application', 'ats_applications'],
    ['applications', 'ats_applications'],
    ['current_stage', 'ats_application_stages'],
    ['stages', 'ats_application_stages'],
    ['interviews', 'ats_interviews'],
    ['offers', 'ats_offers'],
    ['tags', 'ats_tags'],
    ['users', 'ats_users'],
    ['author', 'ats_users'],
    ['hiring_team', 'ats_users'],
    ['job_roles', 'ats_roles'],
    ['system_roles', 'ats_roles'],
  ],
  LMS: [
    ['user', 'lms_users'],
    ['course', 'lms_courses'],
    ['skill', 'lms_skills'],
  ],
  ASSESSMENT: [],
};

/** Two tables list the same records. */
const SAME = new Map([
  ['hris_teams', 'hris_groups'],
  ['assessment_orders_open', 'assessment_orders'],
]);
const nameOfTable = (table: string) => SAME.get(table) ?? table;

const KEPT = new Set(['id', 'changed_at', 'remote_deleted_at']);

/** Where a planted text stood, from the root; each record on the way with its table. */
interface Place {
  keys: string[];
  records: { table: string; depth: number }[];
}

/** Of all worlds, which share a database. */
let planted = 0;

export class Planted {
  /** By the text that was planted there. */
  readonly places = new Map<string, Place>();
  /** The newest version of each record, by table and id. */
  readonly records = new Map<string, Record<string, unknown>>();
  readonly #random: (below: number) => number;

  constructor(random: (below: number) => number) {
    this.#random = random;
  }

  /** An answer of Kombo with planted texts in place of all values, and with unusually nested records. */
  answer(path: string, body: string): string {
    const endpoint = findEndpoint(path);
    const answer = JSON.parse(body) as { data?: { results?: unknown[] } };
    if (!endpoint || !answer.data?.results) return body;
    const records = answer.data.results.map((record) => this.#plantRecord(endpoint, record as object));
    for (const record of records) this.records.set(`${endpoint.table} ${String(record['id'])}`, record);
    const [first] = records;
    // A record that cannot be stored.
    answer.data.results = first ? [...records, { ...first, id: null }] : records;
    return JSON.stringify(answer);
  }

  #plantRecord(endpoint: EndpointDefinition, record: object): Record<string, unknown> {
    const extra = NESTED[endpoint.category]!;
    const grown: Record<string, unknown> = { ...record };
    // Nested records, in a list or not, and one that no schema describes.
    const [key, table] = extra[this.#random(extra.length)] ?? [];
    if (key && table && !(key in grown)) {
      const own = CATALOGUE.find((one) => one.table === table)!;
      const nested = {
        id: 'n',
        changed_at: null,
        ...Object.fromEntries(Object.keys(own.fields).map((name) => [name, 'x'])),
      };
      grown[key] = this.#random(2) === 0 ? nested : [nested];
      grown['unheard_of'] = [{ deep: { [key]: [nested] } }];
    }
    return this.#plant(grown, endpoint.category, {
      keys: [],
      records: [{ table: nameOfTable(endpoint.table), depth: 0 }],
    }) as Record<string, unknown>;
  }

  #plant(value: unknown, category: string, place: Place): unknown {
    if (Array.isArray(value)) return value.map((entry) => this.#plant(entry, category, place));
    if (typeof value !== 'object' || value === null) {
      const text = `PLANTED${String(planted++).padStart(7, '0')}`;
      this.places.set(text, place);
      return text;
    }
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => {
        if (KEPT.has(key)) return [key, entry];
        const keys = [...place.keys, key];
        const table = NESTED[category]!.find(([name]) => name === key)?.[1];
        const isRecord = table !== undefined && typeof entry === 'object' && entry !== null;
        const records = isRecord ? [...place.records, { table, depth: keys.length }] : place.records;
        return [key, this.#plant(entry, category, { keys, records })];
      }),
    );
  }
}

/** Whether a name reaches a place: the field itself, or one that holds it. */
export function reaches(name: string, { keys, records }: Place): boolean {
  const [table = '', ...path] = name.split('.');
  const startsAt = (depth: number) => path.every((key, step) => keys[depth + step] === key);
  if (table === '*') return keys.some((_, depth) => startsAt(depth));
  return records.some((record) => record.table === nameOfTable(table) && startsAt(record.depth));
}

/** Every name of a field, at the top of a table and one step below, and with a star. */
export const NAMES: readonly string[] = [
  ...CATALOGUE.flatMap(({ table, fields }) => Object.keys(fields).map((field) => `${table}.${field}`)),
  'hris_employees.home_address.street_1',
  'hris_employees.bank_accounts.iban',
  'hris_employees.bank_accounts.domestic_bank_routing.number',
  'hris_employees.manager.work_email',
  'hris_payslips.line_items.amount',
  'hris_payslips.totals.net_pay.value',
  'ats_applications.candidate.first_name',
  'ats_candidates.email_addresses.email_address',
  'ats_jobs.hiring_team.email',
  'lms_course_progressions.user.work_email',
  '*.remote_data',
  '*.custom_fields',
  '*.name',
  '*.first_name',
  '*.work_email',
  '*.city',
];

export const textsIn = (value: unknown): string[] => JSON.stringify(value).match(/PLANTED\d{7}/g) ?? [];
