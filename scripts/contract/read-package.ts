import { literals, namesIn, readModule, type PythonClass } from './python.ts';
import { NoPackage, type Package } from './fetch-package.ts';

/** A list endpoint in the package. */
export interface PublishedList {
  path: string;
  parameters: readonly string[];
  /** The fields of its records, at the first level. */
  fields: readonly string[];
}

export interface Published {
  lists: readonly PublishedList[];
  /** The model names that a `data-changed` webhook can contain. */
  models: readonly string[];
}

const OPERATION =
  /\bmodels\.(\w+Request)\([\s\S]{0,6000}?\bmethod="GET",\s+path="([^"]+)"[\s\S]{0,3000}?operation_id="(\w+)"/g;

/** The lists and models of a package. @throws NoPackage if its sources are not written as this code expects. */
export function readPackage({ version, sources }: Pick<Package, 'version' | 'sources'>): Published {
  const classes = new Map<string, PythonClass>();
  const aliases = new Map<string, string>();
  for (const [name, source] of sources) {
    if (!/\/models\/\w+\.py$/.test(name)) continue;
    const module = readModule(source);
    for (const [key, value] of module.classes) classes.set(key, value);
    // Names are unique except short ones such as Name, which only their own module uses.
    for (const [key, value] of module.aliases) aliases.set(`${name}:${key}`, value).set(key, value);
  }
  const lists = new Map<string, PublishedList>();
  for (const [name, source] of sources) {
    if (!name.endsWith('.py') || name.includes('/models/')) continue;
    for (const [, request = '', path = '', operation = ''] of source.matchAll(OPERATION)) {
      const fields = recordFields(classes, aliases, operation);
      if (path.includes('{') || !fields) continue;
      const parameters = [...(classes.get(request)?.fields.keys() ?? [])];
      lists.set(path, { path, parameters, fields });
    }
  }
  const models = modelNames(sources);
  if (lists.size === 0 || models.length === 0) {
    const lacks = lists.size === 0 ? 'list' : 'model name';
    throw new NoPackage(
      `The sources of kombo ${version} show no ${lacks}: they are written in another way than before.`,
      'Bring scripts/contract up to them.',
    );
  }
  return { lists: [...lists.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1)), models };
}

/** The fields of the records that an operation lists; undefined if it does not answer with pages of results. */
function recordFields(
  classes: ReadonlyMap<string, PythonClass>,
  aliases: ReadonlyMap<string, string>,
  operation: string,
): string[] | undefined {
  const classOf = (type: string | undefined) => namesIn(type ?? '').find((name) => classes.has(name));
  const response = classes.get(`${operation}PositiveResponse`);
  const data = classes.get(classOf(response?.fields.get('data')) ?? '');
  const results = data?.fields.get('results');
  if (!data?.fields.has('next') || results === undefined) return undefined;
  const fields = new Set<string>();
  const open = namesIn(results);
  const seen = new Set<string>();
  // A record may be a union of several classes, behind an alias.
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const record = classes.get(name);
    if (record) for (const field of record.fields.keys()) fields.add(field);
    else open.push(...namesIn(aliases.get(name) ?? ''));
  }
  return [...fields];
}

/** The values of the literal type of a model name, from the module of the `data-changed` webhook. */
function modelNames(sources: ReadonlyMap<string, string>): string[] {
  for (const [name, source] of sources) {
    if (!name.endsWith('/models/datachangedwebhookpayload.py')) continue;
    const { classes, aliases } = readModule(source);
    const type = classes.get('ChangedModel')?.fields.get('name') ?? '';
    return namesIn(type).flatMap((alias) => literals(aliases.get(alias) ?? ''));
  }
  return [];
}
