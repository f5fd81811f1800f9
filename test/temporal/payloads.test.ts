import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { afterAll, describe, expect, test } from 'vitest';
import { loadConfig, payloadSettings } from '../../src/config.ts';
import { payloadCodecs } from '../../src/temporal/payloads/codecs.ts';

const OLD = `old:${Buffer.alloc(32, 1).toString('base64')}`;
const NEW = `new:${Buffer.alloc(32, 2).toString('base64')}`;
const WORDS = { integrationId: 'personio:abc', models: ['hris_employees'] };

const folder = mkdtempSync(path.join(tmpdir(), 'kombo-sync-codec-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function codecOf(env: Record<string, string>) {
  const [codec, ...more] = await payloadCodecs(payloadSettings(env));
  expect(more).toEqual([]);
  return codec!;
}
const aes = (keys: string) => codecOf({ TEMPORAL_PAYLOAD_CODEC: 'aes', TEMPORAL_PAYLOAD_KEYS: keys });

const plain = (): Payload => defaultPayloadConverter.toPayload(WORDS);
const wordsIn = (payload: Payload) => defaultPayloadConverter.fromPayload(payload);

describe('TEMPORAL_PAYLOAD_CODEC=aes', () => {
  test('hides what a payload holds, and how it is encoded, twice the same payload too', async () => {
    const codec = await aes(NEW);
    const payloads = await codec.encode([plain(), plain()]);
    const [one, two] = payloads as [Payload, Payload];
    for (const { data, metadata } of payloads) {
      const text = Buffer.from(data!).toString('latin1');
      expect(text).not.toMatch(/personio|hris|json/);
      expect(Buffer.from(metadata!['encoding']!).toString()).toBe('binary/encrypted');
      expect(Buffer.from(metadata!['encryption-key-id']!).toString()).toBe('new');
    }
    expect(one.data).not.toEqual(two.data);
    expect((await codec.decode(payloads)).map(wordsIn)).toEqual([WORDS, WORDS]);
  });

  test('while keys are rotated, the first one writes and all of them read', async () => {
    const before = await (await aes(OLD)).encode([plain()]);
    const prepared = await aes(`${OLD},${NEW}`);
    const after = await (await aes(`${NEW},${OLD}`)).encode([plain()]);
    expect((await prepared.decode([...before, ...after])).map(wordsIn)).toEqual([WORDS, WORDS]);
    await expect((await aes(OLD)).decode(after)).rejects.toThrow(/"new".*TEMPORAL_PAYLOAD_KEYS/);
  });

  test('a key that is not there is named, with what to do', async () => {
    const written = await (await aes(OLD)).encode([plain()]);
    await expect((await aes(NEW)).decode(written)).rejects.toThrow(
      'encrypted with key "old", which TEMPORAL_PAYLOAD_KEYS does not have. Add that key behind the first one',
    );
  });

  test('an id that was given to another key, and a payload that was changed, are found out', async () => {
    const codec = await aes(NEW);
    const [written] = (await codec.encode([plain()])) as [Payload];
    const other = await aes(`new:${Buffer.alloc(32, 3).toString('base64')}`);
    await expect(other.decode([written])).rejects.toThrow(/gives this id to another key/);
    const data = Buffer.from(written.data!);
    data[20]! ^= 1;
    await expect(codec.decode([{ ...written, data }])).rejects.toThrow(/was changed/);
    await expect(codec.decode([{ ...written, data: data.subarray(0, 5) }])).rejects.toThrow(/does not open/);
  });

  test('what was written without a codec is read as it is', async () => {
    expect((await (await aes(NEW)).decode([plain()])).map(wordsIn)).toEqual([WORDS]);
  });

  test('keys without the codec are the way back: they read, and nothing is encrypted any more', async () => {
    const written = await (await aes(NEW)).encode([plain()]);
    const back = await codecOf({ TEMPORAL_PAYLOAD_KEYS: NEW });
    expect((await back.decode(written)).map(wordsIn)).toEqual([WORDS]);
    expect(await back.encode([plain()])).toEqual([plain()]);
  });

  test('keys come from a file too, as everything secret does', async () => {
    const file = path.join(folder, 'keys');
    writeFileSync(file, `${NEW},${OLD}\n`);
    const codec = await codecOf({ TEMPORAL_PAYLOAD_CODEC: 'aes', TEMPORAL_PAYLOAD_KEYS_FILE: file });
    expect((await codec.decode(await codec.encode([plain()]))).map(wordsIn)).toEqual([WORDS]);
  });
});

test('nothing set is no codec', async () => {
  expect(await payloadCodecs(payloadSettings({}))).toEqual([]);
});

describe('a module of the operator', () => {
  const write = (name: string, source: string) => {
    const file = path.join(folder, name);
    writeFileSync(file, source);
    return file;
  };
  const turned = `const turn = (payloads) => Promise.resolve(payloads.map((p) => ({ ...p, data: Uint8Array.from(p.data).reverse() })));`;

  test.each([
    ['an object', 'object.mjs', `${turned} export default { encode: turn, decode: turn };`],
    ['a function', 'function.mjs', `${turned} export default async () => ({ encode: turn, decode: turn });`],
  ])('may export %s', async (_what, name, source) => {
    const codec = await codecOf({ TEMPORAL_PAYLOAD_CODEC: write(name, source) });
    const written = await codec.encode([plain()]);
    expect(Buffer.from(written[0]!.data!).toString()).not.toContain('personio');
    expect((await codec.decode(written)).map(wordsIn)).toEqual([WORDS]);
  });

  test.each([
    ['is not there', () => path.join(folder, 'nothing.mjs'), /names .*nothing\.mjs, which cannot be loaded/],
    ['exports no codec', () => write('none.mjs', 'export default 1;'), /whose default export has no encode/],
  ])('that %s stops the start', async (_what, file, said) => {
    await expect(payloadCodecs(payloadSettings({ TEMPORAL_PAYLOAD_CODEC: file() }))).rejects.toThrow(said);
  });
});

describe('wrong settings are said at the start, without a key', () => {
  const key = Buffer.alloc(32, 7).toString('base64');

  test.each([
    [{ TEMPORAL_PAYLOAD_CODEC: 'aes' }, /^TEMPORAL_PAYLOAD_KEYS is missing.*openssl rand -base64 32/],
    [{ TEMPORAL_PAYLOAD_CODEC: 'aes256' }, /^TEMPORAL_PAYLOAD_CODEC is neither aes nor the path of a module/],
    [{ TEMPORAL_PAYLOAD_KEYS: key }, /^TEMPORAL_PAYLOAD_KEYS must be id:key/],
    [{ TEMPORAL_PAYLOAD_KEYS: `a:${key.slice(4)}` }, /^TEMPORAL_PAYLOAD_KEYS must be id:key/],
    [
      { TEMPORAL_PAYLOAD_KEYS: `a:${key},a:${key}` },
      /^TEMPORAL_PAYLOAD_KEYS holds two keys with the same id/,
    ],
  ])('%j', (env, said) => {
    const texts = [loadConfig, payloadSettings].map((read) => {
      try {
        read(env);
      } catch (error) {
        return (error as Error).message;
      }
      return 'accepted';
    });
    expect(texts[0]).toMatch(said);
    expect(texts[1]).toBe(texts[0]);
    expect(texts[0]).not.toContain(key.slice(4));
  });
});
