import type { EndpointDefinition } from '../domain/catalogue/index.ts';
import { checkedColumns } from '../domain/records.ts';

/** A field of a record whose value decides what becomes of the record. */
export interface DecidingField {
  name: Buffer;
  decides: 'id' | 'deletion' | 'time' | 'number' | 'boolean';
}

/** The fields that decide, found by their bytes. */
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
    fields = new DecidingFields([{ name: Buffer.from('id'), decides: 'id' }, ...columns]);
    known.set(endpoint, fields);
  }
  return fields;
}
