import type { EndpointDefinition } from '../domain/catalogue/index.ts';
import { ScannedRecord } from '../domain/records.ts';
import { isTimestamp, isUsualTimestamp } from '../domain/timestamp.ts';
import { decidingFields, type DecidingField, type DecidingFields } from './deciding-fields.ts';
import { UndocumentedNames } from './undocumented-names.ts';

/* Finds the records of an answer in its bytes. Nothing is built of them: Postgres gets the bytes, and parses them anyway. */

/** A record with something that must be looked at closely. */
export interface OddRecord {
  odd: Buffer;
}

export interface Scanned {
  records: (ScannedRecord | OddRecord)[];
  /** Where the list ends, behind its bracket. */
  end: number;
}

/** Far less than the stack of Postgres, or that of the parser for what is odd, allows. */
const MAX_DEPTH = 200;
const MAX_TIME_BYTES = 50;
/** Bytes are never fewer than characters. */
const MAX_ID_BYTES = 500;
const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN_RECORD, CLOSE_RECORD] = [0x5b, 0x5d, 0x7b, 0x7d];
const [MINUS, ZERO, NINE] = [0x2d, 0x30, 0x39];
const [LETTER_D, LETTER_E, LETTER_F] = [0x64, 0x65, 0x66];
const [LETTER_N, LETTER_T, LETTER_U] = [0x6e, 0x74, 0x75];

/** Four bytes at once. */
const QUOTES = 0x22222222;
const BACKSLASHES = 0x5c5c5c5c;
const ONES = 0x01010101;
const HIGH_BITS = 0x80808080 | 0;

/**
 * @param at behind the bracket that opens the list.
 * @returns undefined if the list holds something else than records, or is not whole. What is wrong within a record is for
 * Postgres to find, which is as strict about JSON as the parser is.
 */
export function scanRecords(bytes: Buffer, at: number, endpoint: EndpointDefinition): Scanned | undefined {
  return new Scan(bytes, decidingFields(endpoint)).records(at);
}

class Scan {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  readonly #fields: DecidingFields;
  /** Behind the last byte that was read. */
  #at = 0;
  #isOdd = false;
  #escapes = 0;
  #id: string | undefined;
  readonly #undocumented = new UndocumentedNames();

  constructor(bytes: Buffer, fields: DecidingFields) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#fields = fields;
  }

  records(at: number): Scanned | undefined {
    const bytes = this.#bytes;
    const records: Scanned['records'] = [];
    this.#at = at;
    let next = this.#token();
    if (next === CLOSE_LIST) return { records, end: this.#at };
    for (;;) {
      if (next !== OPEN_RECORD) return undefined;
      const start = this.#at - 1;
      if (!this.#record()) return undefined;
      const raw = bytes.subarray(start, this.#at);
      const isOdd = this.#isOdd || this.#id === undefined;
      records.push(isOdd ? { odd: raw } : new ScannedRecord(this.#id!, raw, this.#undocumented.end()));
      const after = this.#token();
      if (after === CLOSE_LIST) return { records, end: this.#at };
      if (after !== COMMA) return undefined;
      next = this.#token();
    }
  }

  /** From behind the bracket that opens a record to behind the one that closes it. */
  #record(): boolean {
    this.#isOdd = false;
    this.#id = undefined;
    this.#undocumented.begin();
    let token = this.#token();
    if (token === CLOSE_RECORD) return true;
    for (;;) {
      if (token !== QUOTE) return false;
      if (!this.#member()) return false;
      token = this.#token();
      if (token === CLOSE_RECORD) return true;
      if (token !== COMMA) return false;
      token = this.#token();
    }
  }

  /** From behind the quote that opens a key to behind its value. */
  #member(): boolean {
    const start = this.#at;
    const hadEscapes = this.#escapes;
    const end = this.#skipText();
    if (end < 0) return false;
    // It may spell a name that decides.
    if (this.#escapes !== hadEscapes) this.#isOdd = true;
    const known = this.#fields.find(this.#bytes, start, end);
    if (known === undefined) this.#undocumented.add(this.#bytes, start, end);
    const field = known?.decides === 'nothing' ? undefined : known;
    if (this.#token() !== COLON) return false;
    const token = this.#token();
    if (token === QUOTE) {
      const from = this.#at;
      const escapes = this.#escapes;
      const to = this.#skipText();
      if (to < 0) return false;
      if (field !== undefined) this.#checkText(field, from, to, this.#escapes !== escapes);
      return true;
    }
    if (field !== undefined && !isPlain(field, token)) this.#isOdd = true;
    if (token === OPEN_RECORD || token === OPEN_LIST) return this.#skipContainer();
    return this.#skipWord();
  }

  #checkText(field: DecidingField, from: number, to: number, hasEscapes: boolean): void {
    if (hasEscapes) this.#isOdd = true;
    else if (field.decides === 'id') {
      if (to > from && to - from <= MAX_ID_BYTES) this.#id = this.#bytes.toString('utf8', from, to);
      else this.#isOdd = true;
    } else if (field.decides !== 'time' || !this.#isTime(from, to)) this.#isOdd = true;
  }

  #isTime(from: number, to: number): boolean {
    const length = to - from;
    if (isUsualTimestamp(this.#bytes, from, length)) return true;
    return length <= MAX_TIME_BYTES && isTimestamp(this.#bytes.toString('latin1', from, to));
  }

  /** From behind the quote that opens a text; returns where it ends, or -1. */
  #skipText(): number {
    const bytes = this.#bytes;
    const view = this.#view;
    const last = bytes.length - 4;
    let at = this.#at;
    for (;;) {
      if (at <= last) {
        const four = view.getInt32(at, true);
        const quotes = four ^ QUOTES;
        const backslashes = four ^ BACKSLASHES;
        // The lowest bit that is left stands for the first quote or backslash: no borrow comes from below it.
        const found = (((quotes - ONES) & ~quotes) | ((backslashes - ONES) & ~backslashes)) & HIGH_BITS;
        if (found === 0) {
          at += 4;
          continue;
        }
        at += (31 - Math.clz32(found & -found)) >> 3;
      }
      const byte = bytes[at];
      if (byte === QUOTE) {
        this.#at = at + 1;
        return at;
      }
      if (byte === undefined) return -1;
      if (byte === BACKSLASH) {
        this.#escapes += 1;
        if (bytes[at + 1] === LETTER_U && this.#isRefusedByPostgres(at + 2)) this.#isOdd = true;
        at += 1;
      }
      at += 1;
    }
  }

  /** Escapes of NUL and of half a character, or of half a pair. */
  #isRefusedByPostgres(at: number): boolean {
    const bytes = this.#bytes;
    if ((bytes[at]! | 0x20) === LETTER_D) return true;
    for (let digit = 0; digit < 4; digit += 1) if (bytes[at + digit] !== ZERO) return false;
    return true;
  }

  /** From behind the bracket that opens a list or a nested record to behind the one that closes it. */
  #skipContainer(): boolean {
    const bytes = this.#bytes;
    let depth = 1;
    for (let at = this.#at; at < bytes.length; at += 1) {
      const byte = bytes[at]!;
      if (byte === QUOTE) {
        this.#at = at + 1;
        if (this.#skipText() < 0) return false;
        at = this.#at - 1;
      } else if (byte === OPEN_RECORD || byte === OPEN_LIST) {
        depth += 1;
        if (depth > MAX_DEPTH) this.#isOdd = true;
      } else if (byte === CLOSE_RECORD || byte === CLOSE_LIST) {
        depth -= 1;
        if (depth === 0) {
          this.#at = at + 1;
          return true;
        }
      } else if (isExponent(bytes, at)) this.#isOdd = true;
    }
    return false;
  }

  /** The rest of a number or of `true`, `false` or `null`. */
  #skipWord(): boolean {
    const bytes = this.#bytes;
    let at = this.#at;
    for (; at < bytes.length; at += 1) {
      const byte = bytes[at]!;
      if (byte === COMMA || byte === CLOSE_RECORD || byte <= 0x20) break;
      if (isExponent(bytes, at)) this.#isOdd = true;
    }
    this.#at = at;
    return at < bytes.length;
  }

  /** The next byte that is no white space, or -1. */
  #token(): number {
    const bytes = this.#bytes;
    for (let at = this.#at; at < bytes.length; at += 1) {
      const byte = bytes[at]!;
      if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) continue;
      this.#at = at + 1;
      return byte;
    }
    return -1;
  }
}

/** Postgres refuses a number that is too large even if the same key comes again, which then counts. */
function isExponent(bytes: Buffer, at: number): boolean {
  const before = bytes[at - 1]!;
  return (bytes[at]! | 0x20) === LETTER_E && before >= ZERO && before <= NINE;
}

/** Whether a value that is no text, by its first byte, needs no closer look. */
function isPlain({ decides }: DecidingField, first: number): boolean {
  // Which record it is, and that Postgres finds the same in a number, is looked at closely.
  if (decides === 'id') return false;
  if (first === LETTER_N) return true;
  if (decides === 'boolean') return first === LETTER_T || first === LETTER_F;
  return decides === 'number' && (first === MINUS || (first >= ZERO && first <= NINE));
}
