import { classifyAnswer, SyncError } from '../domain/errors.ts';
import { formatBytes } from '../domain/bytes.ts';
import { LONGEST_LIMIT_MS } from '../domain/retry.ts';
import { parseExact } from './json.ts';
import { REFUSAL } from './schemas.ts';

/* Reads the answers of Kombo. */

export interface Answer {
  body: unknown;
  /** How long the text was, unpacked. */
  bytes: number;
  /** Kombo's clock, by the Date header. */
  date: Date | null;
  /** Milliseconds to wait before the next request when the rate limit is used up. */
  pauseMs: number;
}

/** @throws SyncError for everything but a success with a complete body. */
export async function readAnswer(path: string, response: Response, maxBytes: number): Promise<Answer> {
  const { text, bytes } = await readText(path, response, maxBytes);
  return {
    body: readBody(path, response, text),
    bytes,
    date: readDate(response),
    pauseMs: readPause(response),
  };
}

/** A refusal is a code and a sentence; a page of a proxy may be longer, and only its status counts. */
const MAX_REFUSAL_BYTES = 64 * 1024;

/** Counts the bytes after unpacking, because a hundred kilobytes may unpack to a hundred megabytes. */
async function readText(
  path: string,
  response: Response,
  maxBytes: number,
): Promise<{ text: string; bytes: number }> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    // Leaving the loop ends the transfer.
    if (!response.ok && bytes > MAX_REFUSAL_BYTES) break;
    if (bytes > maxBytes) throw tooLarge(path, maxBytes);
    text += decoder.decode(chunk, { stream: true });
  }
  return { text: text + decoder.decode(), bytes };
}

function tooLarge(path: string, maxBytes: number): SyncError {
  return new SyncError('AnswerTooLarge', `Kombo answered ${path} with more than ${formatBytes(maxBytes)}.`);
}

function readBody(path: string, response: Response, text: string): unknown {
  let body: unknown;
  try {
    body = parseExact(text);
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

function readDate(response: Response): Date | null {
  const header = response.headers.get('date');
  const date = header === null ? null : new Date(header);
  return date && !Number.isNaN(date.getTime()) ? date : null;
}

/** Retry-After in seconds or as a date, or else the seconds until Kombo's next window. */
function readRetryAfter(response: Response): number | undefined {
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

function readPause(response: Response): number {
  return response.headers.get('ratelimit-remaining') === '0' ? (readReset(response) ?? 0) : 0;
}

/** `ratelimit-reset` is seconds left, not a moment: https://docs.kombo.dev/ats/getting-started/querying-api */
function readReset(response: Response): number | undefined {
  const seconds = Number(response.headers.get('ratelimit-reset') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds * 1000, LONGEST_LIMIT_MS) : undefined;
}
