import { CITIES, FIRST_NAMES, LAST_NAMES } from '../words.ts';
import type { Fields, ModelDetails, RecordReader } from './define.ts';

/** Reference data: one record for each name. A change takes the next name. */
export function listed(
  names: readonly string[],
  more: (r: RecordReader) => Fields = () => ({}),
): ModelDetails {
  return {
    size: names.length,
    own: (r) => ({ name: names[(r.ordinal + r.revision) % names.length], ...more(r) }),
  };
}

export function firstName(r: RecordReader): string {
  return r.pick('first name', FIRST_NAMES);
}

export function lastName(r: RecordReader): string {
  return r.pick('last name', LAST_NAMES);
}

export function fullName(r: RecordReader): string {
  return `${firstName(r)} ${lastName(r)}`;
}

/** The name for email addresses and profiles. */
export function handle(r: RecordReader): string {
  const plain = `${firstName(r)}.${lastName(r)}`.normalize('NFD').replaceAll(/[^A-Za-z.]/g, '');
  return `${plain.toLowerCase()}.${r.remoteId}`;
}

export function address(r: RecordReader, salt = 'address'): Fields {
  const place = r.pick(salt, CITIES);
  const street = `${place.street} ${1 + r.int(`${salt} number`, 120)}`;
  return {
    city: place.city,
    country: place.country,
    raw: `${street}\n${place.zip_code} ${place.city}\n${place.country}`,
    state: place.state,
    street_1: street,
    street_2: null,
    zip_code: place.zip_code,
  };
}

/** The tool's own answer. Kombo passes it through only if the scopes allow it, so only some records have it. */
export function remoteData(r: RecordReader): Fields | null {
  if (!r.chance('remote data', 40)) return null;
  return {
    source_id: Number(r.remoteId),
    version: r.revision + 1,
    flags: { imported: r.chance('imported', 50) },
  };
}

export function customFields(r: RecordReader): Fields {
  return r.chance('custom', 50)
    ? { cost_object: `CO-${100 + r.int('custom value', 900)}`, favourite_colour: null }
    : {};
}

export function integrationFields(r: RecordReader): Fields[] {
  if (!r.chance('integration field', 30)) return [];
  return [
    {
      id: `field${r.int('field id', 1000)}`,
      key: 'shirt_size',
      type: r.pick('field type', ['DEFAULT', 'CUSTOM']),
      value: r.pick('field value', ['S', 'M', 'L', 'XL']),
      label: 'Shirt size',
    },
  ];
}

export function orNull<T>(condition: boolean, value: T): T | null {
  return condition ? value : null;
}

export function parts(records: readonly RecordReader[], ...names: string[]): Fields[] {
  return records.map((record) => record.part(...names));
}
