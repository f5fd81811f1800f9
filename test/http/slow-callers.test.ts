import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { HttpDeps } from '../../src/http/deps.ts';
import { startServer } from '../../src/http/server.ts';
import { Coalescer } from '../../src/http/webhooks/coalescer.ts';
import { sign } from '../../src/kombo/signature.ts';
import { eventually } from '../support/poll.ts';
import { dataChanged, recordingLog, SECRET, testDeps } from './support.ts';

const body = dataChanged('personio:1', 'hris_teams');
const signature = sign(body, SECRET);

interface Caller {
  socket: Socket;
  /** What the server has sent so far. */
  heard: () => string;
  isClosed: () => boolean;
}

/** A server, and callers that send only what the test writes. */
async function openDoor(overrides: Partial<HttpDeps> = {}) {
  const { log, text } = recordingLog();
  const deps = testDeps({ log, send: () => Promise.resolve(), ...overrides });
  const server = await startServer(deps);
  onTestFinished(() => server.close());
  const call = async (words = ''): Promise<Caller> => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    let heard = '';
    let closed = false;
    socket.setEncoding('utf8').on('data', (text) => (heard += String(text)));
    socket.on('error', () => {}).on('close', () => (closed = true));
    await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
    socket.write(words);
    return { socket, heard: () => heard, isClosed: () => closed };
  };
  const metrics = async () => (await fetch(`${server.url}/metrics`)).text();
  return { call, metrics, text, events: deps.events, url: server.url };
}

const head = (length: number, signed?: string) =>
  [
    'POST /webhooks/kombo HTTP/1.1',
    'host: localhost',
    'content-type: application/json',
    `content-length: ${length}`,
    ...(signed === undefined ? [] : [`x-kombo-signature: ${signed}`]),
    '',
    '',
  ].join('\r\n');

test('a request that never ends is cut off within seconds', async () => {
  const { call, metrics, text } = await openDoor();
  const head = 'POST /login HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n';
  const callers = await Promise.all([
    call(),
    call(`${head}x-slow: `),
    call(`${head}content-type: application/x-www-form-urlencoded\r\n\r\ntoken=`),
  ]);
  // After ten seconds, which Node checks every two. By default it takes at least 30.
  const soon = { timeoutMs: 20_000, everyMs: 250 };
  await eventually(() => callers.every((caller) => caller.isClosed()), soon);
  for (const { heard } of callers) {
    expect(heard()).toMatch(/^HTTP\/1\.1 408 [^]*x-content-type-options: nosniff[^]*"code":"timeout"/);
  }
  expect(await metrics()).toContain('kombo_sync_connections_refused_total{reason="timeout"} 3');
  expect(text()).toContain('A connection was refused');
});

describe('before its body is read', () => {
  test.each<[string, string | undefined]>([
    ['no signature', undefined],
    ['an empty signature', ''],
    ['42 characters', 'x'.repeat(42)],
    ['44 characters', 'x'.repeat(44)],
    ['43 characters of another alphabet', `${'x'.repeat(42)}+`],
  ])('I2: a delivery with %s is refused, and its connection closed', async (_name, given) => {
    const { call, events } = await openDoor();
    const { heard, isClosed } = await call(head(200_000, given));
    await eventually(isClosed);
    expect(heard()).toMatch(/^HTTP\/1\.1 401 [^]*"code":"bad_signature"/);
    expect(events).toMatchObject([{ outcome: 'unsigned' }]);
  });

  test('I2: a delivery that announces more than 256 KiB is refused, and its connection closed', async () => {
    const { call, events } = await openDoor();
    const { heard, isClosed } = await call(head(262_145, signature));
    await eventually(isClosed);
    expect(heard()).toMatch(/^HTTP\/1\.1 413 /);
    expect(events).toMatchObject([{ outcome: 'too-large' }]);
  });

  test('I2: a delivery that announces no length is cut off when it becomes too large', async () => {
    const { call, events } = await openDoor();
    const chunked = head(0, signature).replace('content-length: 0', 'transfer-encoding: chunked');
    const { socket, heard, isClosed } = await call(chunked);
    // Well above the limit, and well below what sockets buffer between two processes.
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    for (let times = 0; times < 8; times += 1) socket.write(chunk);
    await eventually(isClosed);
    expect(events).toMatchObject([{ outcome: 'too-large' }]);
    expect(heard()).toMatch(/^HTTP\/1\.1 413 |^$/);
  });
});

describe('I1: a webhook is answered in time, counted from its arrival', () => {
  test('with 503 if its body does not arrive', async () => {
    const { call, events } = await openDoor({ webhookAnswerMs: 200 });
    const { heard, isClosed } = await call(`${head(body.length, signature)}${body.slice(0, 20)}`);
    await eventually(isClosed);
    expect(heard()).toMatch(/^HTTP\/1\.1 503 [^]*retry-after: \d+[^]*"code":"not_accepted"/i);
    expect(events).toMatchObject([{ outcome: 'slow' }]);
  });

  test('with 503 within five seconds if its body is slow and Temporal does not answer', async () => {
    const { call, events } = await openDoor({ send: () => new Promise(() => {}) });
    const startedAt = performance.now();
    const { socket, heard, isClosed } = await call(`${head(body.length, signature)}${body.slice(0, 20)}`);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    socket.write(body.slice(20));
    await eventually(() => heard() !== '' || isClosed());
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(heard()).toMatch(/^HTTP\/1\.1 503 [^]*"code":"not_accepted"/);
    expect(events).toMatchObject([{ outcome: 'unavailable' }]);
  });

  test('Temporal gets only the time that the body has left', async () => {
    const add = vi.spyOn(Coalescer.prototype, 'add');
    onTestFinished(() => add.mockRestore());
    const { call } = await openDoor({ webhookAnswerMs: 60_000 });
    const { socket, heard } = await call(`${head(body.length, signature)}${body.slice(0, 20)}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    socket.write(body.slice(20));
    await eventually(() => heard().startsWith('HTTP/1.1 200'));
    expect(add.mock.calls[0]?.[1]).toBeLessThan(60_000 - 250);
  });

  test('a sender that breaks off is counted as such', async () => {
    const { call, events } = await openDoor();
    const { socket } = await call(`${head(body.length, signature)}${body.slice(0, 20)}`);
    socket.destroy();
    await eventually(() => events.length > 0);
    expect(events).toMatchObject([{ outcome: 'malformed' }]);
  });
});

test('connections above the limit are refused and counted', async () => {
  const { call, metrics, text } = await openDoor({ maxConnections: 5 });
  const held = await Promise.all(Array.from({ length: 5 }, () => call()));
  // When the server has answered the last one, it has accepted all of them.
  held[4]?.socket.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await eventually(() => held[4]?.heard().includes('200 OK'));
  const sixth = await call();
  await eventually(sixth.isClosed);
  // An idle connection makes room for the next one.
  await eventually(() => held[4]?.isClosed());
  expect(await metrics()).toContain('kombo_sync_connections_refused_total{reason="full"} 1');
  expect(held.slice(0, 4).some((caller) => caller.isClosed())).toBe(false);
  expect(text()).toContain('"reason":"full"');
});

test('input that is not HTTP gets a problem and is counted', async () => {
  const { call, metrics } = await openDoor();
  const { heard, isClosed } = await call('hello\r\n\r\n');
  await eventually(isClosed);
  expect(heard()).toMatch(/^HTTP\/1\.1 400 [^]*application\/problem\+json[^]*"code":"bad_request"/);
  expect(await metrics()).toContain('kombo_sync_connections_refused_total{reason="malformed"} 1');
});

test('a real delivery gets through beside many large bodies of callers without a secret', async () => {
  const { call, url, events } = await openDoor({ maxConnections: 200 });
  const forged = head(262_144, 'x'.repeat(43));
  const callers = await Promise.all(
    Array.from({ length: 50 }, () => call(`${forged}${' '.repeat(100_000)}`)),
  );
  const headers = { 'x-kombo-signature': signature };
  expect((await fetch(`${url}/webhooks/kombo`, { method: 'POST', body, headers })).status).toBe(200);
  expect(events).toMatchObject([{ outcome: 'accepted' }]);
  for (const { socket } of callers) socket.destroy();
});
