import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../secret.ts';

/** Characters of an HMAC-SHA256 digest in base64url without padding. */
const SIGNATURE_LENGTH = 43;

/** The `X-Kombo-Signature` of a body: HMAC-SHA256 over its bytes, base64url without padding. */
export function sign(body: Buffer | string, secret: string): string {
  return createHmac('sha256', secret).update(body).digest('base64url');
}

/**
 * Whether `header` is the signature of exactly these bytes under one of the secrets. Parsed and re-serialised JSON is
 * not what was signed, so the body must be the bytes as received.
 */
export function verify(rawBody: Buffer, header: string | undefined, secrets: readonly Secret[]): boolean {
  const signature = header?.replace(/=$/, '');
  if (signature?.length !== SIGNATURE_LENGTH) return false;
  const given = Buffer.from(signature);
  // One character of the header can be several bytes, which timingSafeEqual would refuse.
  if (given.length !== SIGNATURE_LENGTH) return false;
  // Every secret is tried, so that the time tells nothing about which of them is in use.
  let valid = false;
  for (const secret of secrets) {
    if (timingSafeEqual(Buffer.from(sign(rawBody, secret.reveal())), given)) valid = true;
  }
  return valid;
}
