import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { EndpointDefinition } from '../domain/catalogue/index.ts';
import { parseExact } from './json.ts';
import { scanRecords } from './scan.ts';

/** A list of Kombo as it is parsed; its records may be `ScannedRecord`. */
interface Listing {
  data: { results: unknown[] };
}

const RESULTS = Buffer.from('"results"');
const COLON = 0x3a;
const OPEN_LIST = 0x5b;

/** Stands for the records while what is around them is parsed. An answer cannot hold it by chance or on purpose. */
const MARK = randomUUID();

/**
 * Reads an answer with a list of records, and leaves the records as bytes. What is odd in some way is parsed, and then the whole
 * answer if that is so of more than a record.
 *
 * @throws SyntaxError for what is no JSON.
 */
export function readListing(bytes: Buffer, endpoint: EndpointDefinition): unknown {
  return scanListing(bytes, endpoint) ?? parseExact(decode(bytes));
}

/** As a browser would: bytes that are no UTF-8 become U+FFFD, and a mark at the beginning is left out. */
export function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function scanListing(bytes: Buffer, endpoint: EndpointDefinition): Listing | undefined {
  const start = startOfList(bytes);
  if (start === undefined || !isUtf8(bytes)) return undefined;
  const scanned = scanRecords(bytes, start, endpoint);
  if (!scanned) return undefined;
  const listing = parseAround(bytes, start, scanned.end);
  if (!listing) return undefined;
  listing.data.results = scanned.records.map((record) =>
    'odd' in record ? parseExact(record.odd.toString()) : record,
  );
  return listing;
}

/** Behind the bracket of what looks like the list; `parseAround` tells whether it is. */
function startOfList(bytes: Buffer): number | undefined {
  const key = bytes.indexOf(RESULTS);
  if (key === -1) return undefined;
  const colon = skipSpace(bytes, key + RESULTS.length);
  const bracket = skipSpace(bytes, colon + 1);
  return bytes[colon] === COLON && bytes[bracket] === OPEN_LIST ? bracket + 1 : undefined;
}

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at += 1;
  return at;
}

/** What the answer says beside its records. They must be the list that counts: keys may come twice, or elsewhere too. */
function parseAround(bytes: Buffer, start: number, end: number): Listing | undefined {
  const around = `${bytes.toString('utf8', 0, start)}"${MARK}"]${bytes.toString('utf8', end)}`;
  let listing: Partial<Listing> | null;
  try {
    listing = JSON.parse(around) as Partial<Listing> | null;
  } catch {
    return undefined;
  }
  const results: unknown = listing?.data?.results;
  const isList = Array.isArray(results) && results.length === 1 && results[0] === MARK;
  return isList ? (listing as Listing) : undefined;
}
