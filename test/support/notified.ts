import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';
import type { Notification } from '../../src/domain/notification.ts';

export interface Received {
  headers: IncomingHttpHeaders;
  body: string;
}

/** A receiver of notifications, which answers as it is told. It closes at the end of the test file. */
export async function startReceiver() {
  const receiver = await openReceiver();
  afterAll(receiver.close);
  return receiver;
}

/** The same for scripts, which close it themselves. */
export async function openReceiver() {
  const received: Received[] = [];
  /** Status of the answers to come; `hang` gives none. */
  let answer: number | 'hang' = 204;
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      if (answer === 'hang') return;
      response.writeHead(answer, answer === 302 ? { location: `${url}/elsewhere` } : {}).end('ignored');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `${url}/hook`,
    received,
    answer: (next: number | 'hang') => {
      answer = next;
    },
    notifications: () => received.map(({ body }) => JSON.parse(body) as Notification),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/**
 * What a receiver does by the scheme of Standard Webhooks, from its text and not from our code: the signature is that of
 * `id.timestamp.body`, and the timestamp is of these minutes.
 */
export function isSigned({ headers, body }: Received, secret: string): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string') return false;
  if (Math.abs(Date.now() / 1_000 - Number(timestamp)) > 300) return false;
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
  return signatures.split(' ').some((signature) => {
    const [version, value = ''] = signature.split(',');
    const given = Buffer.from(value, 'base64');
    return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
  });
}
