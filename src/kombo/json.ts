/**
 * A number that a double may not hold exactly has sixteen characters or an exponent. Numbers follow a bracket, a colon, a
 * comma or white space; so ids, which are full of digits and letters, do not match.
 */
const MAY_LOSE_DIGITS = /[[:,\s]-?(?:[\d.]{16}|\d+(?:\.\d+)?[eE])/;

interface ReviverContext {
  source?: string;
}

type Reviver = (this: unknown, key: string, value: unknown, context: ReviverContext) => unknown;
type ParseWithSource = (text: string, reviver: Reviver) => unknown;

/** `JSON.rawJSON` keeps a number as it was written: https://github.com/tc39/proposal-json-parse-with-source */
const { rawJSON, isRawJSON } = JSON as unknown as {
  rawJSON: (text: string) => object;
  isRawJSON: (value: unknown) => boolean;
};

/**
 * Parses JSON so that every number survives `JSON.stringify` digit for digit. Numbers that a double cannot hold come back
 * as opaque raw-JSON objects. The reviver costs several times the plain parser, so it only runs for texts that need it.
 *
 * @throws SyntaxError
 */
export function parseExact(text: string): unknown {
  if (!MAY_LOSE_DIGITS.test(text)) return JSON.parse(text);
  return (JSON.parse as ParseWithSource)(text, (_key, value, context) =>
    typeof value === 'number' && context.source !== undefined && String(value) !== context.source
      ? rawJSON(context.source)
      : value,
  );
}

/** The text of a number that `parseExact` kept, else undefined. */
export function exactNumber(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return isRawJSON(value) ? JSON.stringify(value) : undefined;
}
