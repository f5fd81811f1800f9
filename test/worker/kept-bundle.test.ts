import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { keptBundle } from '../../src/worker/kept-bundle.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'kombo-sync-bundles-'));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

test('a bundle is made once for each kind, and kept whole', async () => {
  vi.stubEnv('NODE_COMPILE_CACHE', folder);
  const make = vi.fn<(code: string) => Promise<{ code: string }>>((code) => Promise.resolve({ code }));
  for (let times = 0; times < 2; times += 1) {
    expect(await keptBundle('plain', () => make('the plain one'))).toEqual({ code: 'the plain one' });
    expect(await keptBundle('traced', () => make('the traced one'))).toEqual({ code: 'the traced one' });
  }
  expect(make).toHaveBeenCalledTimes(2);
  expect(readdirSync(folder)).toEqual([
    expect.stringMatching(/^workflows-[0-9a-f]{64}\.js$/),
    expect.stringMatching(/^workflows-[0-9a-f]{64}\.js$/),
  ]);
});

test('without a folder for it, each call makes one', async () => {
  const make = vi.fn<() => Promise<{ code: string }>>(() => Promise.resolve({ code: 'new' }));
  for (const missing of [undefined, path.join(folder, 'missing')]) {
    vi.stubEnv('NODE_COMPILE_CACHE', missing);
    for (let times = 0; times < 2; times += 1)
      expect(await keptBundle('plain', make)).toEqual({ code: 'new' });
  }
  expect(make).toHaveBeenCalledTimes(4);
});
