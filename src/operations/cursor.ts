/** The types of a sort key's parts. */
export type Form = readonly ('number' | 'string')[];
export type KeyOf<F extends Form> = {
  readonly [Part in keyof F]: F[Part] extends 'number' ? number : string;
};

/** Far longer than any part of a key. */
const MAX_LENGTH = 1_000;

/** Start (in microseconds) and number of a pass. */
export const TIME_AND_NUMBER = ['number', 'number'] as const;
/** When an unknown integration was named last (in microseconds), and its id. */
export const TIME_AND_ID = ['number', 'string'] as const;

/**
 * Where a page of a list ends, as text: the sort key of its last entry, so that entries added meanwhile move nothing.
 */
export function toCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** The key in a cursor; undefined if the text is not a cursor of this kind of list. */
export function fromCursor<const F extends Form>(text: string, form: F): KeyOf<F> | undefined {
  const key = parseJson(Buffer.from(text, 'base64url').toString('utf8'));
  if (!Array.isArray(key) || key.length !== form.length) return undefined;
  return key.every((part, index) => isPart(part, form[index])) ? (key as unknown as KeyOf<F>) : undefined;
}

/** Postgres cannot hold a text with `\0`. */
function isPart(part: unknown, type: Form[number] | undefined): boolean {
  return type === 'number'
    ? Number.isSafeInteger(part)
    : typeof part === 'string' && part.length <= MAX_LENGTH && !part.includes('\0');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
