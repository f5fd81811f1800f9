import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { sendByHttp } from '../../src/kombo/transport.ts';

let answer: (request: IncomingMessage, response: ServerResponse) => void;
let connections = new Set<Socket>();
const server = createServer((request, response) => answer(request, response));
server.on('connection', (socket) => connections.add(socket));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/page`;
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
