import { afterAll, expect, test } from 'vitest';
import { payloadSettings } from '../../src/config.ts';
import { buildCodecServer, type CodecServerOptions } from '../../src/http/codec-server.ts';
import { Secret } from '../../src/secret.ts';
import { payloadCodecs } from '../../src/temporal/payloads/codecs.ts';

const UI = 'https://cloud.temporal.io';
const TOKEN = 'codec-token-of-this-test';
const KEYS = `now:${Buffer.alloc(32, 5).toString('base64')}`;

const codecs = await payloadCodecs(
  payloadSettings({ TEMPORAL_PAYLOAD_CODEC: 'aes', TEMPORAL_PAYLOAD_KEYS: KEYS }),
);
const base64 = (text: string) => Buffer.from(text).toString('base64');
const PLAIN = { metadata: { encoding: base64('json/plain') }, data: base64('{"models":["hris_employees"]}') };

const servers: { close(): Promise<unknown> }[] = [];
afterAll(() => Promise.all(servers.map((server) => server.close())));

function build(options: Partial<CodecServerOptions> = {}) {
  const server = buildCodecServer({ codecs, token: undefined, origins: [UI], ...options });
  servers.push(server);
  return server;
}

const ask = (
  server: ReturnType<typeof build>,
  url: string,
  payload: unknown,
  headers: Record<string, string> = {},
) =>
  server.inject({
    method: 'POST',
    url,
    payload: payload as object,
    headers: { host: 'localhost:8888', ...headers },
  });

test('encodes and decodes as the UI and the CLI of Temporal ask', async () => {
  const server = build();
  const encoded = await ask(server, '/encode', { payloads: [PLAIN] });
  expect(encoded.statusCode).toBe(200);
  const written = encoded.json<{ payloads: (typeof PLAIN)[] }>();
  expect(written.payloads[0]?.metadata.encoding).toBe(base64('binary/encrypted'));
  expect(Buffer.from(written.payloads[0]!.data, 'base64').toString('latin1')).not.toContain('hris');
  const decoded = await ask(server, '/decode', written);
  expect(decoded.json()).toEqual({ payloads: [PLAIN] });
});

test('a browser hands answers to pages of the UI alone', async () => {
  const server = build();
  const preflight = await server.inject({ method: 'OPTIONS', url: '/decode', headers: { origin: UI } });
  expect(preflight.statusCode).toBe(204);
  expect(preflight.headers).toMatchObject({
    'access-control-allow-origin': UI,
    'access-control-allow-headers': expect.stringContaining('x-namespace') as string,
  });
  const asked = await ask(server, '/decode', { payloads: [PLAIN] }, { origin: UI });
  expect(asked.headers['access-control-allow-origin']).toBe(UI);
  for (const origin of ['https://evil.example', `${UI}.evil.example`, 'null']) {
    const refused = await ask(server, '/decode', { payloads: [PLAIN] }, { origin });
    expect(refused.statusCode).toBe(403);
    expect(refused.headers['access-control-allow-origin']).toBeUndefined();
    expect(refused.json()).toEqual({ message: expect.stringContaining('--origin') as string });
  }
});

test('without a token it answers to the names of this machine alone, so that no name of another site leads here', async () => {
  const server = build();
  for (const host of ['localhost:8888', '127.0.0.1:8888', '[::1]:8888']) {
    expect((await ask(server, '/decode', { payloads: [PLAIN] }, { host })).statusCode).toBe(200);
  }
  const rebound = await ask(server, '/decode', { payloads: [PLAIN] }, { host: 'rebound.example' });
  expect(rebound.statusCode).toBe(403);
  expect(rebound.body).not.toContain('payloads');
});

test('with a token it answers only to those who know it', async () => {
  const server = build({ token: new Secret(TOKEN) });
  const refused = await Promise.all([
    ask(server, '/decode', { payloads: [PLAIN] }),
    ask(server, '/decode', { payloads: [PLAIN] }, { authorization: `Bearer ${TOKEN}x` }),
  ]);
  expect(refused.map(({ statusCode }) => statusCode)).toEqual([401, 401]);
  const headers = { host: 'codec.example', authorization: `Bearer ${TOKEN}` };
  expect((await ask(server, '/decode', { payloads: [PLAIN] }, headers)).statusCode).toBe(200);
});

test.each([
  ['no JSON', '{'],
  ['no payloads', {}],
  ['no base64', { payloads: [{ data: '%%%' }] }],
  ['too many', { payloads: Array.from({ length: 10_001 }, () => ({})) }],
])('%s is refused without quoting it', async (_what, body) => {
  const answer = await ask(build(), '/decode', body, { 'content-type': 'application/json' });
  expect(answer.statusCode).toBe(400);
  expect(answer.body).not.toContain('%%%');
});

test('a key that is missing is named to the reader of the UI', async () => {
  const written = (await ask(build(), '/encode', { payloads: [PLAIN] })).json<object>();
  const others = await payloadCodecs(
    payloadSettings({ TEMPORAL_PAYLOAD_KEYS: `other:${Buffer.alloc(32, 6).toString('base64')}` }),
  );
  const answer = await ask(build({ codecs: others }), '/decode', written);
  expect(answer.statusCode).toBe(400);
  expect(answer.json()).toEqual({ message: expect.stringContaining('key "now"') as string });
});
