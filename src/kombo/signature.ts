import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../secret.ts';

/** An HMAC-SHA256 digest in base64url; padding is not needed and does no harm. */
const SIGNATURE = /^[\w-]{43}=?$/;

/** The `X-Kombo-Signature` of a body: HMAC-SHA256 over its bytes, base64url without padding. */
export function sign(body: Buffer | string, secret: string): string {
  return createHmac('sha256', secret).update(body).digest('base64url');
}

/** Whether a header could be a signature. A body need not be read to find out that it is not signed. */
export function isSignature(header: string | string[] | undefined): header is string {
  return typeof header === 'string' && SIGNATURE.test(header);
}

/**
 * Whether `header` is the signature of exactly these bytes under one of the secrets. Parsed and re-serialised JSON is
 * not what was signed, so the body must be the bytes as received.
 */
export function verify(rawBody: Buffer, header: string | undefined, secrets: readonly Secret[]): boolean {
  if (!isSignature(header)) return false;
  const given = Buffer.from(header.replace(/=$/, ''));
  // Every secret is tried, so that the time tells nothing about which of them is in use.
  let valid = false;
  for (const secret of secrets) {
    if (timingSafeEqual(Buffer.from(sign(rawBody, secret.reveal())), given)) valid = true;
  }
  return valid;
}
