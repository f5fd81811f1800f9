import { randomUUID } from 'node:crypto';

/**
 * A number that a double may not hold as written has sixteen characters, an exponent, a zero behind the point at its end, or is
 * -0. Numbers follow a bracket, a colon, a comma or white space, so ids with many digits and letters do not match.
 */
const MAY_LOSE_DIGITS = /[[:,\s](?:-?(?:[\d.]{16}|\d+(?:\.\d+)?[eE]|\d+\.\d*0(?!\d))|-0(?![\d.]))/;

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
 * Parses JSON so that every number survives `JSON.stringify` digit for digit. Numbers that a double cannot hold become
 * opaque raw-JSON objects. The reviver costs several times the plain parser, so it only runs for texts that need it.
 *
 * @throws SyntaxError
 */
export function parseExact(text: string): unknown {
  if (!MAY_LOSE_DIGITS.test(text)) return JSON.parse(text);
  try {
    return (JSON.parse as ParseWithSource)(text, (_key, value, context) =>
      typeof value === 'number' && context.source !== undefined && String(value) !== context.source
        ? rawJSON(context.source)
        : value,
    );
  } catch (error) {
    if (error instanceof RangeError) return parseDeep(text);
    throw error;
  }
}

const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

/**
 * The same for a text that is nested too deeply for the stack of a reviver. The parser itself has no such limit, so the
 * numbers pass through it as marked strings. Otherwise one deep record would cost its whole page.
 */
function parseDeep(text: string): unknown {
  const mark = randomUUID();
  const marked = text.replace(STRING_OR_NUMBER, (token) =>
    token.startsWith('"') || String(Number(token)) === token ? token : `"${mark}${token}"`,
  );
  const root = { value: JSON.parse(marked) as unknown };
  const found: object[] = [root];
  for (let node = found.pop(); node; node = found.pop()) {
    for (const [key, value] of Object.entries(node) as [string, unknown][]) {
      if (typeof value === 'object' && value !== null) found.push(value);
      else if (typeof value === 'string' && value.startsWith(mark)) {
        // Assigning a key `__proto__` would set the prototype.
        Object.defineProperty(node, key, { value: rawJSON(value.slice(mark.length)) });
      }
    }
  }
  return root.value;
}

/** The text of a number that `parseExact` kept; undefined for anything else. */
export function exactNumber(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return isRawJSON(value) ? JSON.stringify(value) : undefined;
}
