import type { IncomingMessage } from 'node:http';
import { HttpError } from '../errors/problems.ts';

/** Far above what Kombo sends: the longest list of models that we read has 100 kB. */
const BODY_LIMIT = 262_144;

/**
 * The bytes of a body, if all of them come in time.
 *
 * @throws HttpError 413 if there are too many, 503 if they take too long, 400 if the sender breaks off.
 */
export async function readBody(payload: IncomingMessage, withinMs: number): Promise<Buffer> {
  if (Number(payload.headers['content-length']) > BODY_LIMIT) throw tooLarge();
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  const onData = (chunk: Buffer) => {
    size += chunk.length;
    if (size > BODY_LIMIT) reject(tooLarge());
    else chunks.push(chunk);
  };
  const onBreak = () => reject(new HttpError(400, 'malformed', 'The delivery broke off.'));
  const onEnd = () => {
    // Closing follows the end. To make an error each time takes as long as checking the signature.
    payload.off('close', onBreak);
    resolve(Buffer.concat(chunks));
  };
  const onLate = () =>
    reject(new HttpError(503, 'not_accepted', 'The delivery came too slowly; send it again.'));
  const timer = setTimeout(onLate, withinMs);
  payload.on('data', onData).on('end', onEnd).on('error', onBreak).on('close', onBreak);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    payload.off('data', onData).off('end', onEnd).off('error', onBreak).off('close', onBreak);
  }
}

function tooLarge(): HttpError {
  return new HttpError(413, 'too_large', 'A delivery has at most 256 KiB.');
}
