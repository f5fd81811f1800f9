import { InvalidArgumentError } from 'commander';
import { readSince } from '../../domain/full-sync-options.ts';
import { isIntegrationId } from '../../domain/text.ts';
import { fromCursor, type Form, type KeyOf } from '../../operations/cursor.ts';
import { OLDEST } from '../../store/feed.ts';

/** An id for examples. */
export const EXAMPLE_ID = 'personio:CBNMt7dSNCzBdnRTx87dev4E';

/** The id of an integration. A text that cannot be one is wrong use, without a look-up. */
export function parseId(text: string): string {
  if (!isIntegrationId(text)) {
    throw new InvalidArgumentError(`Write the id of an integration, for example ${EXAMPLE_ID}.`);
  }
  return text;
}

/** `a,b` as a list. */
export function parseList(text: string): string[] {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.length === 0) throw new InvalidArgumentError('Name at least one, for example a,b.');
  return parts;
}

/** Names of models or tables, or patterns. */
export function parseModels(text: string): string[] {
  if (text.replaceAll(/[\s,]/g, '') !== '') return parseList(text);
  throw new InvalidArgumentError("Name at least one, such as hris_employees; '*' stands for all of them.");
}

/** A date or a date-time as ISO text, in UTC if it has no offset. */
export function parseSince(text: string): string {
  try {
    return readSince(text, new Date());
  } catch (error) {
    throw new InvalidArgumentError(`It ${(error as RangeError).message}.`);
  }
}

/** A whole number from 1 to `max`. */
export function parseCount(max: number): (text: string) => number {
  return (text) => {
    const count = Number(text);
    if (!/^\d+$/.test(text) || count < 1 || count > max) {
      throw new InvalidArgumentError(`It must be a whole number from 1 to ${max}.`);
    }
    return count;
  };
}

/** The `next` of an earlier answer. @param form the types of the list's sort key */
export function parseCursor<const F extends Form>(form: F): (text: string) => KeyOf<F> {
  return (text) => {
    const key = fromCursor(text, form);
    if (!key) throw new InvalidArgumentError('It must be "next" of an earlier answer of this command.');
    return key;
  };
}

const BIGINT_MAX = 9_223_372_036_854_775_807n;

/** A position in the change feed, or `oldest`. It is a text because it may be too large for a number. */
export function parsePosition(text: string): string {
  if (text !== OLDEST && (!/^\d{1,19}$/.test(text) || BigInt(text) > BIGINT_MAX)) {
    throw new InvalidArgumentError('It must be the seq of a change, 0 for the beginning, or oldest.');
  }
  return text;
}

/** A port; 0 for any that is free. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('It must be a port, such as 8888.');
  return port;
}

/** Addresses of pages, each without its path. */
export function parseOrigins(text: string): string[] {
  return parseList(text).map((part) => {
    const url = URL.parse(part);
    if (url && /^https?:$/.test(url.protocol)) return url.origin;
    throw new InvalidArgumentError('Write the address of the UI, such as https://cloud.temporal.io.');
  });
}
