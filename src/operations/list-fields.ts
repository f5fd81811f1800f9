import type { Config } from '../config.ts';
import { CATALOGUE, endpointsWith, type Sensitivity } from '../domain/catalogue/index.ts';
import { covers, type FieldChoice } from '../domain/fields/choice.ts';
import { EVERY_TABLE, nameOf, type FieldRule } from '../domain/fields/rules.ts';
import { nearest } from '../domain/nearest.ts';
import { fieldChoice } from '../settings/fields.ts';
import { invalid } from './errors.ts';

/** What happens to the values of a field. */
export type FieldTreatment = 'stored' | 'hashed' | 'excluded';

export interface ListedField {
  table: string;
  /** Dots lead to a part of a nested field. */
  field: string;
  /** Type of the column; null for a part of a field, which has no column. */
  type: string | null;
  sensitivity: Sensitivity | null;
  treatment: FieldTreatment;
}

/**
 * Every field of the tables that may be read, and its treatment by the settings.
 * @throws OperationError for an unknown table
 */
export function listFields(
  config: Pick<Config, 'EXCLUDE_FIELDS' | 'HASH_FIELDS' | 'EXTRA_ENDPOINTS'>,
  table?: string,
): ListedField[] {
  const choice = fieldChoice(config);
  const endpoints = endpointsWith(config.EXTRA_ENDPOINTS).filter(
    (endpoint) => table === undefined || endpoint.table === table,
  );
  if (endpoints.length === 0) {
    const near = nearest(
      table!,
      CATALOGUE.map((endpoint) => endpoint.table),
    );
    throw invalid(`There is no table ${table}.${near ? ` Did you mean ${near}?` : ''}`);
  }
  return endpoints.flatMap((endpoint) => {
    const own = choice.rules.filter((rule) => isAbout(rule, endpoint));
    const columns = {
      id: 'text',
      ...endpoint.fields,
      changed_at: 'timestamptz',
      remote_deleted_at: 'timestamptz',
    };
    const parts = [...Object.keys(endpoint.sensitive), ...own.map(({ path }) => path.join('.'))].filter(
      (name) => !Object.hasOwn(columns, name),
    );
    const types = new Map<string, string | null>([
      ...Object.entries(columns),
      ...[...new Set(parts)].sort().map((name) => [name, null] as const),
    ]);
    return [...types].map(([field, type]): ListedField => {
      const sensitivity = endpoint.sensitive[field] ?? null;
      return {
        table: endpoint.table,
        field,
        type,
        sensitivity,
        treatment: treatmentOf(choice, endpoint, field),
      };
    });
  });
}

/** Tables of the same records are treated alike. A rule for every table (`*`) adds no fields to the list. */
function isAbout(rule: FieldRule, { table, records }: { table: string; records: string }): boolean {
  const named = CATALOGUE.find((endpoint) => endpoint.table === rule.table);
  return rule.table === table || rule.table === records || named?.records === records;
}

function treatmentOf(
  { rules }: FieldChoice,
  endpoint: { table: string; records: string },
  field: string,
): FieldTreatment {
  const path = field.split('.');
  const treatments = rules
    .filter(
      (rule) =>
        (rule.table === EVERY_TABLE || isAbout(rule, endpoint)) &&
        covers(
          { ...rule, table: rule.table === EVERY_TABLE ? EVERY_TABLE : endpoint.table },
          {
            treatment: rule.treatment,
            table: endpoint.table,
            path,
          },
        ),
    )
    .map(({ treatment }) => treatment);
  if (treatments.includes('exclude')) return 'excluded';
  return treatments.includes('hash') ? 'hashed' : 'stored';
}

/** What is excluded and hashed, as the settings say it; for the pages and reports that show the settings. */
export function keptOut(config: Pick<Config, 'EXCLUDE_FIELDS' | 'HASH_FIELDS' | 'EXTRA_ENDPOINTS'>): {
  excluded: string[];
  hashed: string[];
} {
  const { rules } = fieldChoice(config);
  const named = (treatment: FieldRule['treatment']) =>
    rules.filter((rule) => rule.treatment === treatment).map(nameOf);
  return { excluded: named('exclude'), hashed: named('hash') };
}
