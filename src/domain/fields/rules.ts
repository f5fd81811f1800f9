import { CATALOGUE, type EndpointDefinition } from '../catalogue/index.ts';
import { PARTS } from '../catalogue/nested.ts';
import { nearest } from '../nearest.ts';
import { modelUnder } from './models.ts';

/*
 * Which values are excluded or hashed: the names that you write, and what they mean.
 */

/** What happens to a value that is not stored as it is. */
export type Treatment = 'exclude' | 'hash';

/** One name, for example `hris_employees.home_address.street_1` or `*.remote_data`. */
export interface FieldRule {
  treatment: Treatment;
  /** A table, or `*` for every table and every depth. */
  table: string;
  path: readonly string[];
}

/** Why a name cannot be used. */
export interface WrongName {
  problem: string;
  remedy?: string;
}

export const SENSITIVE = '@sensitive';
export const EVERY_TABLE = '*';

/** Rows are found, ordered and deleted by these fields. */
const NEEDED = ['id', 'changed_at', 'remote_deleted_at'];
/** A field below it has no column, and may have any name. */
const RAW = 'raw';

export const nameOf = ({ table, path }: Pick<FieldRule, 'table' | 'path'>) => [table, ...path].join('.');

/**
 * The rules that a name stands for. A name that no field has is an error: the value that you meant would be stored.
 *
 * @param tables the tables that are read, including unknown ones.
 */
export function readName(
  name: string,
  treatment: Treatment,
  tables: readonly EndpointDefinition[] = CATALOGUE,
): FieldRule[] | WrongName {
  if (name === SENSITIVE) return sensitiveRules(treatment);
  if (name.startsWith('@')) {
    return { problem: `names ${name}, which is not a preset`, remedy: `write ${SENSITIVE}` };
  }
  const [table = '', ...path] = name.split('.');
  if (path.length === 0 || path.includes('')) {
    const problem = `names ${name}, which is not of the form table.field`;
    return {
      problem,
      remedy: `write ${table || 'hris_employees'}.<field>; EXCLUDE_MODELS leaves out whole tables`,
    };
  }
  const needed = path.length === 1 && NEEDED.includes(path[0]!);
  if (needed) {
    return { problem: `names ${name}, by which rows are found or ordered`, remedy: 'leave it out' };
  }
  const wrong = table === EVERY_TABLE ? wrongAnywhere(path, tables) : wrongIn(table, path, tables);
  return wrong ?? [{ treatment, table, path: path[0] === RAW && path.length > 1 ? path.slice(1) : path }];
}

/** Rules for all fields that the catalogue marks as sensitive. */
function sensitiveRules(treatment: Treatment): FieldRule[] {
  return CATALOGUE.flatMap(({ table, sensitive }) =>
    Object.keys(sensitive).map((path) => ({ treatment, table, path: path.split('.') })),
  );
}

function wrongIn(
  table: string,
  path: readonly string[],
  tables: readonly EndpointDefinition[],
): WrongName | undefined {
  const found = tables.filter((endpoint) => endpoint.table === table || endpoint.records === table);
  const [first] = found;
  if (!first) {
    return unknown(
      `names table ${table}, which does not exist`,
      table,
      tables.map((one) => one.table),
    );
  }
  // The fields of an unknown table are unknown too.
  if (found.every(({ fields }) => Object.keys(fields).length === 0)) return undefined;
  if (path[0] === RAW) {
    return path.length > 1
      ? undefined
      : { problem: `names ${table}.raw, which holds the whole record`, remedy: 'name a field of it' };
  }
  const fields = found.flatMap((endpoint) => Object.keys(endpoint.fields));
  return wrongPath(first, table, path, fields);
}

/** Follows a path as far as the names below are known. */
function wrongPath(
  endpoint: EndpointDefinition,
  above: string,
  path: readonly string[],
  names: readonly string[],
): WrongName | undefined {
  const [name = '', ...rest] = path;
  if (!names.includes(name)) {
    const found = unknown(`names ${above}.${name}, which is not a known field`, name, names, `${above}.`);
    const hint = `a field without a column is written as ${endpoint.table}.raw.${name}`;
    return found.remedy ? found : { ...found, remedy: hint };
  }
  const below = rest.length === 0 ? undefined : namesBelow(endpoint, name);
  return below && wrongPath(endpoint, `${above}.${name}`, rest, below);
}

function namesBelow(endpoint: EndpointDefinition, key: string): readonly string[] | undefined {
  const model = modelUnder(endpoint.category, key);
  const holders = CATALOGUE.filter((other) => model !== undefined && other.records === model);
  if (holders.length > 0) {
    return [
      ...NEEDED,
      ...holders.flatMap(({ fields }) => Object.keys(fields)),
      ...(EXTRA_PARTS.get(key) ?? []),
    ];
  }
  return PARTS.get(key);
}

/** The fields of a nested copy besides those of its model, by the key that holds it. */
const EXTRA_PARTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['hiring_team', ['hiring_team_roles', 'job_roles']],
  ['skills', ['skill_id', 'skill', 'expected_proficiency', 'proficiency_scale']],
  ['skill', ['proficiency_scale']],
  ['current_stage', ['index']],
  ['stages', ['index']],
]);

function wrongAnywhere(
  path: readonly string[],
  tables: readonly EndpointDefinition[],
): WrongName | undefined {
  const [name = ''] = path;
  if (name === RAW) {
    return {
      problem: `names *.raw, which holds whole records`,
      remedy: 'name a field, such as *.remote_data',
    };
  }
  const names = new Set([
    ...tables.flatMap(({ fields }) => Object.keys(fields)),
    ...PARTS.keys(),
    ...[...PARTS.values()].flat(),
  ]);
  // An unknown table may have any field.
  if (names.has(name) || tables.some(({ fields }) => Object.keys(fields).length === 0)) return undefined;
  return unknown(`names *.${name}, which no table has`, name, names, '*.');
}

function unknown(problem: string, typed: string, names: Iterable<string>, prefix = ''): WrongName {
  const near = nearest(typed, names);
  return near ? { problem, remedy: `write ${prefix}${near}` } : { problem };
}
