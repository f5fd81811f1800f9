import { CITIES, FIRST_NAMES, LAST_NAMES } from '../words.ts';
import type { Fields, RecordReader } from './define.ts';

export const EMPLOYMENT_TYPES = ['FULL_TIME', 'PART_TIME', 'CONTRACT', 'INTERNSHIP'] as const;

export function person(r: RecordReader): { first: string; last: string; handle: string } {
  const first = r.pick('first name', FIRST_NAMES);
  const last = r.pick('last name', LAST_NAMES);
  const plain = `${first}.${last}`.normalize('NFD').replaceAll(/[^A-Za-z.]/g, '');
  return { first, last, handle: `${plain.toLowerCase()}.${r.remoteId}` };
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

/** What the connected tool itself answered: passed through for some records only, as scopes allow it. */
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

function integrationFields(r: RecordReader): Fields[] {
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

/** The fields that most models have for data Kombo does not unify. */
export function passedThrough(r: RecordReader): Fields {
  return { custom_fields: customFields(r), integration_fields: integrationFields(r) };
}

export function orNull<T>(condition: boolean, value: T): T | null {
  return condition ? value : null;
}

export function parts(records: readonly RecordReader[], ...names: string[]): Fields[] {
  return records.map((record) => record.part(...names));
}
