import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatBytes, parseBytes } from '../../src/domain/bytes.ts';
import { nextPageSize, PAGE_BYTES, smallerPage } from '../../src/domain/page-size.ts';
import { createKomboClient, type KomboClient } from '../../src/kombo/client.ts';
import { Secret } from '../../src/secret.ts';

const MIB = 1024 * 1024;
/** Kombo's next answer. */
let answer: (response: ServerResponse) => void;
const server = createServer((_request, response) => answer(response));
let kombo: KomboClient;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const baseUrl = `http://127.0.0.1:${port}`;
  kombo = createKomboClient({ baseUrl, apiKey: new Secret('key'), maxBytes: MIB });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const fetchPage = () => kombo.fetchPage({ integrationId: 'demo:1', endpoint: '/ats/jobs' });
const page = (bytes: number) =>
  JSON.stringify({ data: { next: null, results: [{ id: 'a', text: 'x'.repeat(bytes) }] } });

describe('an answer', () => {
  test('that is small but unpacks to a large one gets its own error, which says what to do', async () => {
    const bomb = gzipSync(page(100 * MIB));
    expect(bomb.length).toBeLessThan(MIB);
    answer = (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    await expect(fetchPage()).rejects.toMatchObject({
      errorClass: 'AnswerTooLarge',
      what: 'Kombo answered /ats/jobs with more than 1 MiB.',
      remedy: expect.stringContaining('KOMBO_MAX_ANSWER') as string,
    });
  });

  test('that never ends is dropped when it is too large', async () => {
    let closed = false;
    answer = (response) => {
      response.on('close', () => (closed = true));
      const pour = () => {
        while (!response.destroyed && response.write('[1,2,3],'.repeat(1_000)));
        if (!response.destroyed) response.once('drain', pour);
      };
      response.writeHead(200);
      pour();
    };
    await expect(fetchPage()).rejects.toMatchObject({ errorClass: 'AnswerTooLarge' });
    await expect.poll(() => closed).toBe(true);
  });

  test('that is just below the bound is read, with its size', async () => {
    const text = page(MIB - 1_000);
    answer = (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(text));
    expect(await fetchPage()).toMatchObject({ bytes: text.length, results: [{ id: 'a' }] });
  });

  test('of a proxy that fails with a long page is classified by its status', async () => {
    answer = (response) => response.writeHead(502).end('<p>'.repeat(MIB));
    await expect(fetchPage()).rejects.toMatchObject({ errorClass: 'Unavailable', code: 'Unavailable' });
  });
});

test('the size of a page shrinks at once and grows step by step', () => {
  expect(nextPageSize(250, PAGE_BYTES / 10)).toBe(250);
  expect(nextPageSize(32, 8 * PAGE_BYTES)).toBe(4);
  expect(nextPageSize(2, 100 * PAGE_BYTES)).toBe(1);
  expect(nextPageSize(4, PAGE_BYTES)).toBe(4);
  expect(nextPageSize(4, 1_000)).toBe(8);
  expect(nextPageSize(200, 0)).toBe(250);
  expect([250, 3, 2, 1].map(smallerPage)).toEqual([62, 1, 1, undefined]);
});

test('sizes are written with their unit', () => {
  expect(['64MiB', '1.5 GiB', '1KiB', '64', '64MB', '-1MiB', '1 constructor'].map(parseBytes)).toEqual([
    64 * MIB,
    1536 * MIB,
    1024,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect([64 * MIB, 1536, 1024 * MIB, 7].map(formatBytes)).toEqual([
    '64 MiB',
    '1536 bytes',
    '1 GiB',
    '7 bytes',
  ]);
});
