import { createHmac } from 'node:crypto';
import { codeAndPeer } from '../../src/outages/index.ts';
import type { Secret } from '../../src/secret.ts';
import { notifyKey } from '../../src/settings/notify.ts';

/** How long a receiver may take. */
const TIMEOUT_MS = 10_000;

interface Message {
  url: Secret;
  body: string;
  headers?: Record<string, string>;
  signal: AbortSignal;
}

/**
 * Sends a message once. Undefined if it was taken, else why not: without the address, of which a part may be secret. What the
 * receiver answers is not read, and no redirect is followed, since it could lead the message anywhere.
 */
export async function post({ url, body, headers = {}, signal }: Message): Promise<string | undefined> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await fetch(url.reveal(), {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'user-agent': 'kombo-sync', ...headers },
      redirect: 'manual',
      signal: AbortSignal.any([timeout, signal]),
    });
    await response.body?.cancel().catch(() => {});
    return response.ok ? undefined : `answered HTTP ${response.status}`;
  } catch (error) {
    signal.throwIfAborted();
    if (timeout.aborted) return `did not answer within ${TIMEOUT_MS / 1_000} s`;
    const code = codeAndPeer(error)?.code;
    return code === undefined ? 'could not be reached' : `could not be reached (${code})`;
  }
}

/** Headers of Standard Webhooks: https://www.standardwebhooks.com. While you rotate, there is a signature for each secret. */
export function signedHeaders(
  message: { id: string; body: string; at: Date },
  secrets: readonly Secret[],
): Record<string, string> {
  const { id, body, at } = message;
  const timestamp = String(Math.floor(at.getTime() / 1_000));
  const signatures = secrets.map((secret) => {
    const hash = createHmac('sha256', notifyKey(secret.reveal())!).update(`${id}.${timestamp}.${body}`);
    return `v1,${hash.digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
