import { describe, expect, test } from 'vitest';
import { DEFAULT_API_KEY, type FaultSpec, type Sandbox } from '../../sandbox/index.ts';
import { get, IDS, testClock, testSandbox } from './support.ts';

const PATH = '/ats/tags';

async function codes(sandbox: Sandbox, requests: number, path = PATH): Promise<number[]> {
  const statuses: number[] = [];
  for (let i = 0; i < requests; i++) statuses.push((await get(sandbox, IDS.ATS, path)).status);
  return statuses;
}

describe('a fault hits', () => {
  test('one request, by default the next', async () => {
    const sandbox = testSandbox();
    sandbox.control.addFault({ kind: 'unavailable' });
    expect(await codes(sandbox, 3)).toEqual([503, 200, 200]);
  });

  test('count requests from the nth', async () => {
    const sandbox = testSandbox();
    sandbox.control.addFault({ kind: 'unavailable', nth: 2, count: 2 });
    expect(await codes(sandbox, 5)).toEqual([200, 503, 503, 200, 200]);
  });

  test('only requests of one integration and path', async () => {
    const sandbox = testSandbox();
    sandbox.control.addFault({
      kind: 'unavailable',
      integration: IDS.ATS,
      endpoint: '/ats/jobs',
      count: 'always',
    });
    expect(await codes(sandbox, 2)).toEqual([200, 200]);
    expect(await codes(sandbox, 2, '/ats/jobs')).toEqual([503, 503]);
    sandbox.control.clearFaults();
    expect(await codes(sandbox, 1, '/ats/jobs')).toEqual([200]);
  });

  test('only requests for changes, for everything, or by ids', async () => {
    const since = `${PATH}?updated_after=2026-01-01T00:00:00Z`;
    for (const [reads, statuses] of [
      ['delta', [503, 200, 200]],
      ['full', [200, 503, 200]],
      ['ids', [200, 200, 503]],
    ] as const) {
      const sandbox = testSandbox();
      sandbox.control.addFault({ kind: 'unavailable', reads, count: 'always' });
      const paths = [since, PATH, `${PATH}?ids=one`];
      const seen = [];
      for (const path of paths) seen.push(...(await codes(sandbox, 1, path)));
      expect(seen).toEqual(statuses);
    }
  });

  test('random requests, the same for the same seed', async () => {
    const fault: FaultSpec = { kind: 'unavailable', chance: 0.5, count: 'always' };
    const runs: number[][] = [];
    for (const seed of [7, 7, 8]) {
      const sandbox = testSandbox({ seed });
      sandbox.control.addFault(fault);
      runs.push(await codes(sandbox, 40));
    }
    expect(runs[0]).toEqual(runs[1]);
    expect(runs[0]).not.toEqual(runs[2]);
    expect(new Set(runs[0])).toEqual(new Set([200, 503]));
  });

  test('none after it was removed; a fault that is not valid is refused', async () => {
    const sandbox = testSandbox();
    sandbox.control.removeFault(sandbox.control.addFault({ kind: 'unavailable' }));
    expect(await codes(sandbox, 1)).toEqual([200]);
    expect(() => sandbox.control.addFault({ kind: 'explode' } as unknown as FaultSpec)).toThrow('kind');
  });
});

describe('an answer can be', () => {
  test('503 and HTML, like from a load balancer', async () => {
    const sandbox = testSandbox();
    sandbox.control.addFault({ kind: 'unavailable' });
    const answer = await get(sandbox, IDS.ATS, PATH);
    expect([answer.status, answer.headers['content-type']]).toEqual([503, 'text/html']);
    expect(answer.text).toContain('<html>');
  });

  test('429 with and without Retry-After', async () => {
    const sandbox = testSandbox();
    sandbox.control.addFault({ kind: 'rate-limit', retryAfter: 7, reset: 30 });
    sandbox.control.addFault({ kind: 'rate-limit', nth: 2 });
    const first = await get(sandbox, IDS.ATS, PATH);
    expect(first.status).toBe(429);
    expect(first.headers).toMatchObject({ 'retry-after': '7', 'ratelimit-reset': '30' });
    const second = await get(sandbox, IDS.ATS, PATH);
    expect(second.body.error.code).toBe('PLATFORM.RATE_LIMIT_EXCEEDED');
    expect(second.headers['retry-after']).toBeUndefined();
  });

  test('any code, any status, any text', async () => {
    const sandbox = testSandbox();
    sandbox.control.addFault({ kind: 'error', code: 'PLATFORM.UNKNOWN_ERROR' });
    const error = await get(sandbox, IDS.ATS, PATH);
    expect([error.status, error.body.error.code]).toEqual([500, 'PLATFORM.UNKNOWN_ERROR']);
    sandbox.control.addFault({ kind: 'error', code: 'BRAND.NEW', status: 418 });
    const unknown = await get(sandbox, IDS.ATS, PATH);
    expect([unknown.status, unknown.body.error.code]).toEqual([418, 'BRAND.NEW']);
    const headers = { 'x-cache': 'miss' };
    sandbox.control.addFault({
      kind: 'status',
      status: 200,
      body: '{"no":"page"}',
      contentType: 'application/json',
      headers,
    });
    const odd = await get(sandbox, IDS.ATS, PATH);
    expect([odd.status, odd.text, odd.headers['x-cache']]).toEqual([200, '{"no":"page"}', 'miss']);
  });

  test('JSON that is cut off', async () => {
    const sandbox = testSandbox();
    const whole = await get(sandbox, IDS.ATS, PATH);
    sandbox.control.addFault({ kind: 'truncate' });
    const cut = await get(sandbox, IDS.ATS, PATH);
    expect(cut.status).toBe(200);
    expect(whole.text.startsWith(cut.text)).toBe(true);
    expect(() => JSON.parse(cut.text) as unknown).toThrow(SyntaxError);
  });

  test('dated by a wrong clock', async () => {
    const clock = testClock('2026-06-01T12:00:00.000Z');
    const sandbox = testSandbox({ now: clock.now });
    sandbox.control.addFault({ kind: 'clock-skew', ms: -3_600_000 });
    expect((await get(sandbox, IDS.ATS, PATH)).headers['date']).toBe('Mon, 01 Jun 2026 11:00:00 GMT');
  });
});

describe('cursors', () => {
  const page = (sandbox: Sandbox, cursor?: string | null) =>
    get(sandbox, IDS.ATS, PATH, { page_size: '3', ...(cursor && { cursor }) });

  test('are refused', async () => {
    const sandbox = testSandbox();
    sandbox.control.addFault({ kind: 'refuse-cursor' });
    const first = await page(sandbox);
    const refused = await page(sandbox, first.body.data.next);
    expect([refused.status, refused.body.error.code]).toEqual([400, 'PLATFORM.INPUT_INVALID']);
    expect((await page(sandbox, first.body.data.next)).status).toBe(200);
  });

  test('are repeated', async () => {
    const sandbox = testSandbox();
    sandbox.control.addFault({ kind: 'repeat-cursor' });
    const first = await page(sandbox);
    expect((await page(sandbox, first.body.data.next)).body.data.next).toBe(first.body.data.next);
  });

  test('follow an empty page, and no record is lost', async () => {
    const sandbox = testSandbox();
    const ids = sandbox.control.ids(IDS.ATS, 'ats_tags');
    sandbox.control.addFault({ kind: 'empty-page', nth: 2 });
    const found: string[] = [];
    const sizes: number[] = [];
    let cursor: string | null = null;
    do {
      const { results, next }: { results: { id: string }[]; next: string | null } = (
        await page(sandbox, cursor)
      ).body.data;
      found.push(...results.map(({ id }) => id));
      sizes.push(results.length);
      cursor = next;
    } while (cursor !== null);
    expect(sizes).toEqual([3, 0, 3, 2]);
    expect(found).toEqual(ids);
  });
});

describe('connections', () => {
  async function over(sandbox: Sandbox): Promise<(signal?: AbortSignal) => Promise<Response>> {
    const url = `${await sandbox.listen()}${PATH}`;
    const headers = { authorization: `Bearer ${DEFAULT_API_KEY}`, 'x-integration-id': IDS.ATS };
    return (signal) => fetch(url, { headers, signal: signal ?? null });
  }

  test('are reset', async () => {
    const sandbox = testSandbox();
    const request = await over(sandbox);
    sandbox.control.addFault({ kind: 'reset' });
    await expect(request()).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
    expect((await request()).status).toBe(200);
  });

  test('stall until the client gives up, and the next request is answered', async () => {
    const sandbox = testSandbox();
    const request = await over(sandbox);
    sandbox.control.addFault({ kind: 'stall' });
    await expect(request(AbortSignal.timeout(100))).rejects.toThrow('timeout');
    expect((await request()).status).toBe(200);
    expect(sandbox.control.requests().map(({ status }) => status)).toEqual([undefined, 200]);
  });

  test('stall or are slow for a while, and then answer', async () => {
    const sandbox = testSandbox();
    const request = await over(sandbox);
    sandbox.control.addFault({ kind: 'stall', ms: 20 });
    sandbox.control.addFault({ kind: 'delay', ms: 20 });
    const started = performance.now();
    expect((await request()).status).toBe(200);
    expect(performance.now() - started).toBeGreaterThan(35);
  });

  test('that still stall do not prevent the sandbox from closing', async () => {
    const sandbox = testSandbox();
    const request = await over(sandbox);
    sandbox.control.addFault({ kind: 'stall' });
    const stalled = request().catch((error: unknown) => error);
    await expect.poll(() => sandbox.control.requests().length).toBe(1);
    await sandbox.close();
    expect(await stalled).toMatchObject({ message: 'fetch failed' });
  });
});
