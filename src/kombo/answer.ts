import { classifyAnswer, SyncError } from '../domain/errors.ts';
import { formatBytes } from '../domain/bytes.ts';
import { LONGEST_LIMIT_MS } from '../domain/retry.ts';
import { ReusedBuffers } from '../reused-buffers.ts';
import { decode } from './listing.ts';
import { parseExact } from './json.ts';
import { REFUSAL } from './schemas.ts';
import type { RawAnswer } from './transport.ts';

/* Reads the answers of Kombo. */

export interface Answer {
  body: unknown;
  /** How long the text was, unpacked. */
  bytes: number;
  /** To be called once nothing looks at the body any more, if `read` has kept parts of the bytes. */
  release: () => void;
  /** Kombo's clock, by the Date header. */
  date: Date | null;
  /** Milliseconds to wait before the next request when the rate limit is used up. */
  pauseMs: number;
}

/** Makes of the bytes of an answer what they say. The bytes are there until `release`. @throws SyntaxError for what is not whole. */
export type ReadBody = (bytes: Buffer) => unknown;

export const parseBody: ReadBody = (bytes) => parseExact(decode(bytes));

/** @throws SyncError for everything but a success with a body that is whole. */
export async function readAnswer(
  path: string,
  response: RawAnswer,
  maxBytes: number,
  read: ReadBody = parseBody,
): Promise<Answer> {
  const { bytes, release } = await readBytes(path, response, maxBytes);
  let isKept = false;
  try {
    const body = readBody(path, response, bytes, response.ok ? read : parseBody);
    isKept = read !== parseBody;
    return {
      body,
      bytes: bytes.length,
      release: isKept ? release : () => {},
      date: readDate(response),
      pauseMs: readPause(response),
    };
  } finally {
    if (!isKept) release();
  }
}

/** A refusal is a code and a sentence; a page of a proxy may be longer, and only its status counts. */
const MAX_REFUSAL_BYTES = 64 * 1024;

const buffers = new ReusedBuffers();
/** As long as a page of ordinary records is. */
const FIRST_LENGTH = 512 * 1024;

/** The bytes are counted as they come out of the decompressor: a hundred kilobytes may unpack to a hundred megabytes. */
async function readBytes(
  path: string,
  response: RawAnswer,
  maxBytes: number,
): Promise<{ bytes: Buffer; release: () => void }> {
  let buffer = buffers.take(FIRST_LENGTH);
  let length = 0;
  for await (const chunk of response.body ?? []) {
    // Leaving the loop ends the transfer.
    if (!response.ok && length + chunk.byteLength > MAX_REFUSAL_BYTES) break;
    if (length + chunk.byteLength > maxBytes) throw tooLarge(path, maxBytes);
    if (length + chunk.byteLength > buffer.length) {
      const longer = buffers.take(2 * (length + chunk.byteLength));
      longer.set(buffer.subarray(0, length));
      buffers.give(buffer);
      buffer = longer;
    }
    buffer.set(chunk, length);
    length += chunk.byteLength;
  }
  return { bytes: buffer.subarray(0, length), release: () => buffers.give(buffer) };
}

function tooLarge(path: string, maxBytes: number): SyncError {
  return new SyncError('AnswerTooLarge', `Kombo answered ${path} with more than ${formatBytes(maxBytes)}.`);
}

function readBody(path: string, response: RawAnswer, bytes: Buffer, read: ReadBody): unknown {
  let body: unknown;
  try {
    body = read(bytes);
  } catch {
    body = undefined;
  }
  if (response.ok && body !== undefined) return body;
  const code = REFUSAL.parse(body);
  const said = classifyAnswer(code, response.status);
  // A 200 that is not JSON was cut on the way. So was a refusal that claims to be JSON, and its code is lost.
  const claimsJson = response.headers.get('content-type')?.includes('json') ?? false;
  const isCut = response.ok || (body === undefined && claimsJson && said === 'RequestRejected');
  const errorClass = isCut ? 'Unavailable' : said;
  const what = isCut ? 'an answer that is not whole' : (code ?? `HTTP ${response.status}`);
  throw new SyncError(errorClass, `Kombo answered ${path} with ${what}.`, {
    code,
    retryAfterMs: readRetryAfter(response),
  });
}

function readDate(response: RawAnswer): Date | null {
  const header = response.headers.get('date');
  const date = header === null ? null : new Date(header);
  return date && !Number.isNaN(date.getTime()) ? date : null;
}

/** Retry-After in seconds or as a date, or else the seconds until Kombo's next window. */
function readRetryAfter(response: RawAnswer): number | undefined {
  const header = response.headers.get('retry-after');
  if (header !== null) {
    // A date is by Kombo's clock, which may differ from ours.
    const now = readDate(response)?.getTime() ?? Date.now();
    const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
    if (!Number.isNaN(ms)) return Math.min(Math.max(ms, 0), LONGEST_LIMIT_MS);
  }
  if (response.status !== 429) return undefined;
  return readReset(response);
}

function readPause(response: RawAnswer): number {
  return response.headers.get('ratelimit-remaining') === '0' ? (readReset(response) ?? 0) : 0;
}

/** `ratelimit-reset` is seconds left, not a moment: https://docs.kombo.dev/ats/getting-started/querying-api */
function readReset(response: RawAnswer): number | undefined {
  const seconds = Number(response.headers.get('ratelimit-reset') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds * 1000, LONGEST_LIMIT_MS) : undefined;
}
