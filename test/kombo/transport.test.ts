import { once } from 'node:events';
import http, { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { sendByHttp } from '../../src/kombo/transport.ts';
import { createAuthority } from '../support/certificates.ts';

let answer: (request: IncomingMessage, response: ServerResponse) => void;
let connections = new Set<Socket>();
const server = createServer((request, response) => answer(request, response));
server.on('connection', (socket) => connections.add(socket));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/page`;
/** Of its connections, in Node's agent. */
const NAME = `${new URL(url).host}:`;
const authority = createAuthority();
afterAll(() => server.close());
beforeEach(() => {
  connections = new Set();
});

const TEXT = JSON.stringify({ name: 'ü'.repeat(50_000) });

async function get(signal = AbortSignal.timeout(5_000)) {
  const { ok, status, headers, body } = await sendByHttp(url, { headers: { 'x-id': 'a' }, signal });
  const chunks: Uint8Array[] = [];
  for await (const chunk of body ?? []) chunks.push(chunk);
  return { ok, status, type: headers.get('content-type'), text: Buffer.concat(chunks).toString() };
}

describe('an answer', () => {
  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['identity', (text: string) => Buffer.from(text)],
  ] as const)('that is packed by %s is unpacked', async (coding, pack) => {
    const accepted: unknown[] = [];
    answer = ({ headers }, response) => {
      accepted.push(headers['accept-encoding'], headers['x-id']);
      response.writeHead(200, { 'content-encoding': coding, 'content-type': 'application/json' });
      response.end(pack(TEXT));
    };
    expect(await get()).toEqual({ ok: true, status: 200, type: 'application/json', text: TEXT });
    expect(accepted).toEqual(['gzip, deflate, br', 'a']);
  });

  test.each([undefined, 'gzip', 'br'])('that is cut on the way (%s) fails', async (coding) => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': 1_000, ...(coding && { 'content-encoding': coding }) });
      response.write(coding ? gzipSync(TEXT).subarray(0, 20) : 'half', () => response.destroy());
    };
    await expect(get()).rejects.toBeInstanceOf(Error);
  });

  test('that redirects is an error, so the key goes nowhere else', async () => {
    answer = (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
    await expect(get()).rejects.toMatchObject({ code: 'REDIRECTED' });
  });

  test('that hangs, before or behind its head, ends with the signal', async () => {
    for (const isBegun of [false, true]) {
      answer = (_, response) => void (isBegun && response.writeHead(200).write('half'));
      await expect(get(AbortSignal.timeout(100))).rejects.toBeInstanceOf(Error);
    }
  });
});

describe('a connection', () => {
  test('reads a long answer into little new memory', async () => {
    const long = Buffer.alloc(8 * 1024 * 1024, 'x');
    answer = (_, response) => response.end(long);
    let allocated = 0;
    const { body } = await sendByHttp(url, { headers: {}, signal: AbortSignal.timeout(5_000) });
    const [socket] = (http.globalAgent as unknown as { sockets: Record<string, Socket[]> }).sockets[NAME]!;
    const seen = new Set<ArrayBufferLike>();
    socket!.on('data', (data: Buffer) => {
      if (!seen.has(data.buffer)) allocated += data.buffer.byteLength;
      seen.add(data.buffer);
    });
    let length = 0;
    for await (const chunk of body!) length += chunk.length;
    expect(length).toBe(long.length);
    expect(allocated).toBe(64 * 1024);
  });

  test('does not mix answers that arrive at once with those of another', async () => {
    const letters = ['a', 'b', 'c', 'd'];
    answer = (request, response) => {
      const part = Buffer.alloc(100_000, String(request.headers['x-id']));
      const write = (times: number) =>
        times === 0 ? response.end() : response.write(part, () => setImmediate(write, times - 1));
      write(10);
    };
    const texts = letters.map(async (letter) => {
      const signal = AbortSignal.timeout(5_000);
      const { body } = await sendByHttp(url, { headers: { 'x-id': letter }, signal });
      const chunks: Uint8Array[] = [];
      for await (const chunk of body!) chunks.push(chunk);
      return Buffer.concat(chunks).toString();
    });
    expect(await Promise.all(texts)).toEqual(letters.map((letter) => letter.repeat(1_000_000)));
  });

  test('that a request has left before it was made serves the next one', async () => {
    answer = (_, response) => response.end(TEXT);
    http.globalAgent.destroy();
    const left = new AbortController();
    const given = get(left.signal);
    left.abort(new Error('left'));
    await expect(given).rejects.toBeInstanceOf(Error);
    expect((await get()).text).toBe(TEXT);
    expect(connections.size).toBe(1);
  });

  test('with TLS brings answers as one without', async () => {
    const { certificate: cert, key } = authority.issue('localhost');
    const secure = https.createServer({ cert, key }, (_, response) => response.end(TEXT.repeat(10)));
    secure.listen(0, '127.0.0.1');
    await once(secure, 'listening');
    const options = https.globalAgent.options;
    options.ca = authority.certificate;
    onTestFinished(() => {
      delete options.ca;
      https.globalAgent.destroy();
      secure.close();
    });
    const address = `https://localhost:${(secure.address() as AddressInfo).port}/`;
    for (let times = 0; times < 2; times += 1) {
      const signal = AbortSignal.timeout(5_000);
      const { body } = await sendByHttp(address, { headers: {}, signal });
      const chunks: Uint8Array[] = [];
      for await (const chunk of body!) chunks.push(chunk);
      expect(Buffer.concat(chunks).toString()).toBe(TEXT.repeat(10));
    }
  });

  test('is used again', async () => {
    answer = (_, response) => response.end(TEXT);
    for (let times = 0; times < 5; times += 1) expect((await get()).text).toBe(TEXT);
    expect(connections.size).toBeLessThanOrEqual(1);
  });

  test('that the server closes just when it is used again is replaced, once', async () => {
    answer = (_, response) => response.end(TEXT);
    await get();
    let asked = 0;
    answer = (request, response) => {
      asked += 1;
      if (asked === 1) request.socket.destroy();
      else response.end(TEXT);
    };
    expect((await get()).text).toBe(TEXT);
    expect(asked).toBe(2);
  });

  test('that is new and closed without an answer is an error', async () => {
    answer = (_, response) => response.writeHead(200, { connection: 'close' }).end();
    await get();
    let asked = 0;
    answer = (request) => {
      asked += 1;
      request.socket.destroy();
    };
    await expect(get()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(asked).toBe(1);
  });

  test('that cannot be made says why', async () => {
    const signal = AbortSignal.timeout(5_000);
    const nowhere = sendByHttp('http://127.0.0.1:1/', { headers: {}, signal });
    await expect(nowhere).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
