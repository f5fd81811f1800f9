import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const ENUM = /export declare const (\w+): \{([^}]*)\}/g;
const VALUE = /readonly \w+: ("(?:[^"\\]|\\.)*")/g;
/** The record of a list: its type ends with Result, and its fields are indented once. */
const RESULT = /export type \w+PositiveResponseResult = \{\n([^]*?)\n\};/;
const FIELD = /^ {4}(\w+)\??: ([^\n]+);$/gm;

const models = path.join(
  path.dirname(createRequire(import.meta.url).resolve('@kombo-api/sdk/package.json')),
  'esm/models',
);

/** The values that Kombo documents for fields of a table, by the types of its SDK, which leave some tables out. */
export function documentedEnums(table: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  const file = path.join(models, `get${table.replaceAll('_', '')}positiveresponse.d.ts`);
  if (!existsSync(file)) return found;
  const text = readFileSync(file, 'utf8');
  const enums = new Map(
    [...text.matchAll(ENUM)].map(([, name, body]) => [
      name!,
      [...body!.matchAll(VALUE)].map(([, value]) => JSON.parse(value!) as string),
    ]),
  );
  const [, fields = ''] = RESULT.exec(text) ?? [];
  for (const [, field, type] of fields.matchAll(FIELD)) {
    const values = type!.split('|').flatMap((part) => enums.get(part.trim()) ?? []);
    if (values.length > 0) found.set(field!, values);
  }
  return found;
}
