import type { EndpointDefinition } from '../domain/catalogue/index.ts';
import { checkedColumns } from '../domain/records.ts';

/** A field of a record that has a column, and what its value decides of the record. */
export interface DecidingField {
  name: Buffer;
  decides: 'id' | 'deletion' | 'time' | 'number' | 'boolean' | 'nothing';
}

/** The fields that have a column, found by their bytes. */
export class DecidingFields {
  readonly #byLength: (DecidingField[] | undefined)[] = [];

  constructor(fields: readonly DecidingField[]) {
    for (const field of fields) (this.#byLength[field.name.length] ??= []).push(field);
  }

  find(bytes: Buffer, start: number, end: number): DecidingField | undefined {
    const fields = this.#byLength[end - start];
    if (fields === undefined) return undefined;
    next: for (const field of fields) {
      const { name } = field;
      for (let at = 0; at < name.length; at += 1) if (bytes[start + at] !== name[at]) continue next;
      return field;
    }
    return undefined;
  }
}

const DECIDES = { timestamptz: 'time', numeric: 'number', boolean: 'boolean' } as const;

const known = new WeakMap<EndpointDefinition, DecidingFields>();

/** By the fields of its records. */
export function decidingFields(endpoint: EndpointDefinition): DecidingFields {
  let fields = known.get(endpoint);
  if (!fields) {
    const columns = checkedColumns(endpoint).map(([name, type]): DecidingField => ({
      name: Buffer.from(name),
      decides: name === 'remote_deleted_at' ? 'deletion' : DECIDES[type],
    }));
    const checked = new Set(checkedColumns(endpoint).map(([name]) => name));
    const others = Object.keys(endpoint.fields)
      .filter((name) => !checked.has(name))
      .map((name): DecidingField => ({ name: Buffer.from(name), decides: 'nothing' }));
    fields = new DecidingFields([{ name: Buffer.from('id'), decides: 'id' }, ...columns, ...others]);
    known.set(endpoint, fields);
  }
  return fields;
}
