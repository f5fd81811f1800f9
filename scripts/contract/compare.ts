import type { EndpointDefinition } from '../../src/domain/catalogue/index.ts';
import type { Published, PublishedList } from './read-package.ts';

const KINDS = ['endpoint', 'model', 'field', 'parameter'] as const;
type Kind = (typeof KINDS)[number];

/** One name that one side has and the other lacks. */
export interface Finding {
  /** The side that lacks it. */
  lacking: 'catalogue' | 'package';
  kind: Kind;
  /** The path of the endpoint, for a field or a parameter. */
  of?: string;
  name: string;
}

export interface Catalogue {
  endpoints: readonly EndpointDefinition[];
  models: ReadonlySet<string>;
}

/** Columns of every table. */
const ALWAYS = ['id', 'changed_at', 'remote_deleted_at'];
/** The API returns these fields, but the package never has them. */
const NEVER_PUBLISHED = new Set(['remote_data', 'integration_fields']);

/** Finds what only the catalogue or only the package has. */
export function compare({ endpoints, models }: Catalogue, published: Published): Finding[] {
  const known = new Map(endpoints.map((endpoint) => [endpoint.path, endpoint]));
  const paths = published.lists.map(({ path }) => path);
  return [
    ...differences('endpoint', [...known.keys()], paths),
    ...differences('model', [...models], published.models),
    ...published.lists.flatMap((list) => {
      const endpoint = known.get(list.path);
      return endpoint ? compareList(endpoint, list) : [];
    }),
  ];
}

function compareList(endpoint: EndpointDefinition, list: PublishedList): Finding[] {
  const fields = Object.keys(endpoint.fields).filter((field) => !NEVER_PUBLISHED.has(field));
  return [
    ...differences('field', fields, without(list.fields, ALWAYS), list.path),
    ...differences('parameter', parametersOf(endpoint), syncParameters(list), list.path),
  ];
}

const without = (names: readonly string[], left: readonly string[]) =>
  names.filter((name) => !left.includes(name));

/** The parameters that a sync sends. */
function parametersOf({ paginated, delta, includeDeleted, byIds }: EndpointDefinition): string[] {
  return [
    ...(paginated ? ['cursor', 'page_size'] : []),
    ...(delta === 'none' ? [] : [delta]),
    ...(includeDeleted ? ['include_deleted'] : []),
    ...(byIds ? ['ids'] : []),
  ];
}

function syncParameters({ parameters }: PublishedList): string[] {
  // A sync filters by the creation of a record only if there is no better filter.
  const delta = parameters.includes('updated_after') ? 'updated_after' : 'created_after';
  return ['cursor', 'page_size', delta, 'include_deleted', 'ids'].filter((name) => parameters.includes(name));
}

function differences(kind: Kind, here: readonly string[], there: readonly string[], of?: string): Finding[] {
  const missing = (lacking: Finding['lacking'], has: readonly string[], lacks: readonly string[]) =>
    without(has, lacks).map((name): Finding => ({
      lacking,
      kind,
      ...(of === undefined ? {} : { of }),
      name,
    }));
  return [...missing('catalogue', there, here), ...missing('package', here, there)];
}

/** The package, and what the catalogue and it lack, in one line. */
export function summarize(
  { version, date }: { version: string; date: string },
  published: Published,
  findings: readonly Finding[],
): string {
  const compared = `${count(published.lists.length, 'endpoint')} and ${count(published.models.length, 'model')}`;
  return `kombo ${version} of ${date} has ${compared}. The catalogue lacks ${counts(findings, 'catalogue')}, the package ${counts(findings, 'package')}.`;
}

function counts(findings: readonly Finding[], lacking: Finding['lacking']): string {
  const parts = KINDS.flatMap((kind) => {
    const { length } = findings.filter((finding) => finding.lacking === lacking && finding.kind === kind);
    return length === 0 ? [] : [count(length, kind)];
  });
  return parts.length === 0 ? 'nothing' : parts.join(', ').replace(/, ([^,]*)$/, ' and $1');
}

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;

/** Everything that one side lacks, one line each. */
export function listFindings(findings: readonly Finding[], lacking: Finding['lacking']): string[] {
  return findings
    .filter((finding) => finding.lacking === lacking)
    .map(({ kind, of, name }) => `  ${kind.padEnd(10)} ${of === undefined ? name : `${of}  ${name}`}`);
}
