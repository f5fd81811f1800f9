import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { POLICIES } from '../../src/domain/errors.ts';
import { judgeSighting } from '../../src/domain/life.ts';
import { createKomboClient, type KomboClient } from '../../src/kombo/client.ts';
import { Secret } from '../../src/secret.ts';

/** Kombo's next answer. */
let answer: (response: ServerResponse) => void;
const server = createServer((_request, response) => answer(response));
let kombo: KomboClient;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  kombo = createKomboClient({ baseUrl: `http://127.0.0.1:${port}`, apiKey: new Secret('key') });
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const PAGE = { status: 'success', data: { next: 'more', results: [{ id: 'a' }] } };
const reply = (body: unknown, headers: Record<string, string> = {}, status = 200) => {
  answer = (response) => response.writeHead(status, headers).end(JSON.stringify(body));
};
const fetchPage = () => kombo.fetchPage({ integrationId: 'demo:1', endpoint: '/ats/jobs' });

describe('(I26) the limit of Kombo', () => {
  test.each([
    [{}, 0],
    [{ 'ratelimit-remaining': '1', 'ratelimit-reset': '40' }, 0],
    [{ 'ratelimit-remaining': '0', 'ratelimit-reset': '40' }, 40_000],
    [{ 'ratelimit-remaining': '0' }, 0],
    [{ 'ratelimit-remaining': '0', 'ratelimit-reset': '1e9' }, 600_000],
    [{ 'ratelimit-remaining': '0', 'ratelimit-reset': '-5' }, 0],
  ])('in the headers %j of a page makes the next one wait for %i ms', async (headers, pauseMs) => {
    reply(PAGE, headers);
    expect(await fetchPage()).toMatchObject({ pauseMs, next: 'more', results: [{ id: 'a' }] });
  });

  test.each([
    [{ 'retry-after': '7' }, 7_000],
    [{ 'ratelimit-reset': '9' }, 9_000],
    [{ 'retry-after': '86400' }, 600_000],
    // By Kombo's clock, which may differ from ours.
    [{ date: 'Thu, 01 Jan 2026 10:00:00 GMT', 'retry-after': 'Thu, 01 Jan 2026 10:00:20 GMT' }, 20_000],
    [{ date: 'Thu, 01 Jan 2026 10:00:00 GMT', 'retry-after': 'Thu, 01 Jan 2026 09:00:00 GMT' }, 0],
    [{ 'retry-after': 'soon', 'ratelimit-reset': '3' }, 3_000],
  ])('in the headers %j of a 429 is believed up to a bound: %i ms', async (headers, retryAfterMs) => {
    reply({ status: 'error', error: { code: 'PLATFORM.RATE_LIMIT_EXCEEDED' } }, headers, 429);
    await expect(fetchPage()).rejects.toMatchObject({ errorClass: 'RateLimited', retryAfterMs });
  });
});

describe('an answer whose code or state every object has as a key', () => {
  test.each(['constructor', '__proto__', 'toString'])('%s counts as unknown', async (name) => {
    for (const [status, errorClass] of [
      [400, 'RequestRejected'],
      [503, 'Unavailable'],
    ] as const) {
      reply({ status: 'error', error: { code: name } }, {}, status);
      await expect(fetchPage()).rejects.toMatchObject({
        errorClass,
        code: errorClass,
        what: `Kombo answered /ats/jobs with HTTP ${status}.`,
        remedy: POLICIES[errorClass].remedy,
      });
    }
    const integration = {
      id: 'demo:1',
      tool: { id: name },
      category: name,
      status: name,
      setup_status: name,
    };
    reply({ status: 'success', data: integration });
    const found = await kombo.getIntegration('demo:1');
    expect(found).toMatchObject({ tool: name, category: name, state: name, setupStatus: name });
    expect(judgeSighting(undefined, found, { now: new Date() })).toMatchObject({
      case: 'there',
      parked: undefined,
    });
  });
});

describe('the texts of an answer besides records', () => {
  test.each(['A\0B', 'Ada Lovelace, +49 30 1234', 'A\ud800', '\u001b]52;c;eA==\u0007', 'X'.repeat(5_000)])(
    'a code that does not look like one, %j, is not passed on',
    async (code) => {
      reply({ status: 'error', error: { code } }, {}, 409);
      await expect(fetchPage()).rejects.toMatchObject({
        errorClass: 'RequestRejected',
        code: 'RequestRejected',
        what: 'Kombo answered /ats/jobs with HTTP 409.',
      });
    },
  );

  const DIRTY = 'a\0b\ud800\u200b\u001b[31m'.padEnd(5_000, 'c');
  const integration = (more: object = {}) => ({
    id: 'demo:1',
    tool: { id: DIRTY },
    category: DIRTY,
    status: DIRTY,
    setup_status: DIRTY,
    end_user: { organization_name: DIRTY, origin_id: DIRTY },
    created_at: '9999-99-99',
    read_models: [
      { id: DIRTY, is_available: false },
      { id: '\0', is_available: false },
    ],
    ...more,
  });

  test('are one line each, well-formed and cut, or left out', async () => {
    reply({ data: integration() });
    const line = expect.stringMatching(/^a b \[31mc{191}…$/) as string;
    expect(await kombo.getIntegration('demo:1')).toMatchObject({
      tool: line,
      category: line,
      state: line,
      setupStatus: line,
      organizationName: line,
      // A cut id could be the id of another customer.
      originId: null,
      createdAt: null,
      unavailableModels: [line],
    });
  });

  test.each(['demo:2', '', 7, undefined])(
    'are refused if they are about the integration %j, not the one asked for',
    async (id) => {
      reply({ data: integration({ id }) });
      await expect(kombo.getIntegration('demo:1')).rejects.toMatchObject({ errorClass: 'Unavailable' });
    },
  );

  test.each(['.', '..', 'a/b', 'a\u200bb', ''])(
    'an id that is not valid, %j, is not sent in a path',
    async (id) => {
      let asked = 0;
      answer = (response) => {
        asked += 1;
        response.end();
      };
      await expect(kombo.getIntegration(id)).rejects.toMatchObject({ errorClass: 'RequestRejected' });
      expect(asked).toBe(0);
    },
  );

  test.each(['a\0', 'a\ud800', 'x'.repeat(5_000)])(
    'a cursor that cannot be stored, %j, makes the answer invalid',
    async (next) => {
      reply({ ...PAGE, data: { ...PAGE.data, next } });
      await expect(fetchPage()).rejects.toMatchObject({ errorClass: 'Unavailable' });
    },
  );
});

test('a redirect is not followed, so the key goes only to the URL of the settings', async () => {
  const asked: (string | undefined)[] = [];
  answer = (response) => {
    asked.push(response.req.url);
    response.writeHead(307, { location: '/elsewhere' }).end();
  };
  await expect(fetchPage()).rejects.toMatchObject({ errorClass: 'Unavailable' });
  expect(asked).toEqual([expect.stringMatching(/^\/ats\/jobs\?/)]);
});

describe('a page', () => {
  test.each([null, ''])('with the cursor %j is the last one', async (next) => {
    reply({ ...PAGE, data: { ...PAGE.data, next } });
    expect(await fetchPage()).toMatchObject({ next: null });
  });

  test('(I8) that does not say whether another one follows is an invalid answer', async () => {
    reply({ ...PAGE, data: { results: [{ id: 'a' }] } });
    await expect(fetchPage()).rejects.toMatchObject({
      errorClass: 'Unavailable',
      message: expect.stringContaining('cursor of the next page') as string,
    });
  });
});
