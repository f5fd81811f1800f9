import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../secret.ts';

/** An HMAC-SHA256 digest in base64url, with or without padding. */
const SIGNATURE = /^[\w-]{43}=?$/;

/** The `X-Kombo-Signature` of a body: HMAC-SHA256 over its bytes, base64url without padding. */
export function sign(body: Buffer | string, secret: string): string {
  return createHmac('sha256', secret).update(body).digest('base64url');
}

/** Whether a header could be a signature. If it cannot, the body need not be read. */
export function isSignature(header: string | string[] | undefined): header is string {
  return typeof header === 'string' && SIGNATURE.test(header);
}

/**
 * Whether `header` is the signature of exactly these bytes, with one of the secrets. Pass the body as received: the
 * signature does not match JSON that was parsed and serialised again.
 */
export function verify(rawBody: Buffer, header: string | undefined, secrets: readonly Secret[]): boolean {
  if (!isSignature(header)) return false;
  const given = Buffer.from(header.replace(/=$/, ''));
  // Tries every secret, so that the time does not reveal which of them matches.
  let valid = false;
  for (const secret of secrets) {
    if (timingSafeEqual(Buffer.from(sign(rawBody, secret.reveal())), given)) valid = true;
  }
  return valid;
}
