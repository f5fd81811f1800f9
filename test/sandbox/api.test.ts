import { describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../src/domain/catalogue/index.ts';
import { get, IDS, testClock, testSandbox } from './support.ts';

describe('access', () => {
  test('a request without the right key is refused', async () => {
    const sandbox = testSandbox();
    for (const authorization of [undefined, 'Bearer wrong', 'ks_dev_sandbox']) {
      const headers = { 'x-integration-id': IDS.ATS, ...(authorization && { authorization }) };
      const response = await sandbox.app.inject({ url: '/v1/ats/tags', headers });
      expect(response.statusCode).toBe(401);
      expect(response.json()).toEqual({
        status: 'error',
        error: {
          code: 'PLATFORM.AUTHENTICATION_INVALID',
          title: null,
          message: expect.any(String),
          log_url: null,
        },
      });
    }
  });

  test('a read needs an integration that exists and has the right category', async () => {
    const sandbox = testSandbox();
    expect((await get(sandbox, undefined, '/ats/tags')).body.error.code).toBe('PLATFORM.INPUT_INVALID');
    const unknown = await get(sandbox, 'nobody', '/ats/tags');
    expect([unknown.status, unknown.body.error.code]).toEqual([404, 'PLATFORM.INTEGRATION_NOT_FOUND']);
    const foreign = await get(sandbox, IDS.HRIS, '/ats/tags');
    expect(foreign.body.error.code).toBe('INTEGRATION.MODEL_NOT_AVAILABLE');
  });

  test('an unknown path gets an error in the same form', async () => {
    const answer = await get(testSandbox(), IDS.ATS, '/ats/nothing');
    expect([answer.status, answer.body.status]).toEqual([404, 'error']);
  });
});

describe('the look-up of an integration', () => {
  test('returns its state and what can be read', async () => {
    const sandbox = testSandbox();
    sandbox.control.setModelProblem(IDS.ATS, 'ats_offers', 'INTEGRATION.MODEL_NOT_AVAILABLE');
    sandbox.control.setIntegration(IDS.ATS, { dataExpiredAt: new Date('2026-05-05T00:00:00Z') });
    const answer = await get(sandbox, undefined, `/integrations/${encodeURIComponent(IDS.ATS)}`);
    const data = answer.body.data as unknown as Record<string, unknown>;
    expect(data).toMatchObject({
      id: IDS.ATS,
      tool: { id: 'test' },
      category: 'ATS',
      status: 'ACTIVE',
      setup_status: 'COMPLETED',
      data_expired_at: '2026-05-05T00:00:00.000Z',
    });
    const models = data['read_models'] as { id: string; is_available: boolean }[];
    const tables = CATALOGUE.filter(({ category }) => category === 'ATS').map(({ table }) => table);
    expect(models.map(({ id }) => id)).toEqual(tables);
    expect(models.filter((model) => !model.is_available).map(({ id }) => id)).toEqual(['ats_offers']);
  });

  test.each([
    [{ status: 'INACTIVE' }, 'INTEGRATION.INACTIVE'],
    [{ setupStatus: 'INCOMPLETE' }, 'INTEGRATION.SETUP_INCOMPLETE'],
    [{ setupStatus: 'FINAL_SYNC_PENDING' }, 'INTEGRATION.SETUP_SYNC_PENDING'],
    [{ qaStatus: 'FAILED' }, 'INTEGRATION.QA_FAILED'],
    [{ readError: 'INTEGRATION.AUTHENTICATION_INVALID' }, 'INTEGRATION.AUTHENTICATION_INVALID'],
  ] as const)('with %j, reads fail with 409 %s', async (settings, code) => {
    const sandbox = testSandbox();
    sandbox.control.setIntegration(IDS.LMS, settings);
    const answer = await get(sandbox, IDS.LMS, '/lms/users');
    expect([answer.status, answer.body.error.code]).toEqual([409, code]);
  });

  test('a code that every object has as a key is answered like an unknown one', async () => {
    const sandbox = testSandbox();
    sandbox.control.setIntegration(IDS.LMS, { readError: 'constructor' });
    const answer = await get(sandbox, IDS.LMS, '/lms/users');
    expect([answer.status, answer.body.error?.code]).toEqual([500, 'constructor']);
  });

  test('is not found after the integration was removed', async () => {
    const sandbox = testSandbox();
    sandbox.control.removeIntegration(IDS.LMS);
    for (const path of ['/lms/users', `/integrations/${IDS.LMS}`]) {
      expect((await get(sandbox, IDS.LMS, path)).body.error.code).toBe('PLATFORM.INTEGRATION_NOT_FOUND');
    }
  });
});

describe('limits and clock', () => {
  test('the limit counts down, then requests get 429, and after a minute it starts again', async () => {
    const clock = testClock();
    const sandbox = testSandbox({ rateLimit: 2, now: clock.now });
    const first = await get(sandbox, IDS.ATS, '/ats/tags');
    expect(first.headers).toMatchObject({
      'ratelimit-limit': '2',
      'ratelimit-remaining': '1',
      'ratelimit-reset': '60',
    });
    clock.advance(15_000);
    expect((await get(sandbox, IDS.HRIS, '/hris/groups')).headers['ratelimit-remaining']).toBe('0');
    const refused = await get(sandbox, IDS.ATS, '/ats/tags');
    expect([refused.status, refused.body.error.code]).toEqual([429, 'PLATFORM.RATE_LIMIT_EXCEEDED']);
    expect(refused.headers['ratelimit-reset']).toBe('45');
    clock.advance(45_000);
    expect((await get(sandbox, IDS.ATS, '/ats/tags')).status).toBe(200);
  });

  test('without a limit, the headers never say that no request is left', async () => {
    const sandbox = testSandbox();
    for (let i = 0; i < 350; i++) await get(sandbox, IDS.ATS, '/check-api-key');
    expect((await get(sandbox, IDS.ATS, '/ats/tags')).headers['ratelimit-remaining']).toBe('299');
  });

  test('the Date header follows the clock of the sandbox', async () => {
    const clock = testClock('2026-06-01T12:00:00.000Z');
    const answer = await get(testSandbox({ now: clock.now }), IDS.ATS, '/ats/tags');
    expect(answer.headers['date']).toBe('Mon, 01 Jun 2026 12:00:00 GMT');
  });

  test('requests are recorded until they are cleared', async () => {
    const { control, ...sandbox } = testSandbox();
    await get({ ...sandbox, control }, IDS.ATS, '/ats/tags', { page_size: '3' });
    await get({ ...sandbox, control }, IDS.HRIS, '/hris/groups', { page_size: '0' });
    expect(control.requests()).toMatchObject([
      { method: 'GET', path: '/ats/tags', query: { page_size: '3' }, integrationId: IDS.ATS, status: 200 },
      { path: '/hris/groups', integrationId: IDS.HRIS, status: 400 },
    ]);
    expect(control.requests({ path: '/ats/tags' })).toHaveLength(1);
    control.clearRequests();
    expect(control.requests()).toEqual([]);
  });
});
