import { describe, expect, test } from 'vitest';
import { cookieOf, login } from './page-reader.ts';
import { ADMIN_TOKEN, testApp, testConfig } from './support.ts';

describe('who may in', () => {
  test('closed with a remedy when no token is configured', async () => {
    const { app } = await testApp({ config: testConfig({ ADMIN_TOKEN: '' }) });
    const response = await app.inject('/');
    expect(response.statusCode).toBe(403);
    expect(response.body).toContain('ADMIN_TOKEN');
    expect((await login(app, '')).statusCode).toBe(403);
  });

  test('a form asks for the token, and a wrong one does not open', async () => {
    const { app } = await testApp();
    const form = await app.inject('/');
    expect(form.statusCode).toBe(401);
    expect(form.body).toContain('action="/login"');
    const wrong = await login(app, 'wrong');
    expect(wrong.statusCode).toBe(401);
    expect(wrong.headers['set-cookie']).toBeUndefined();
    const forged = await app.inject({ url: '/', headers: { cookie: 'kombo_sync_session=forged' } });
    expect(forged.statusCode).toBe(401);
  });

  test('the token gives a cookie that opens the page, is not the token, and does not open the API', async () => {
    const { app } = await testApp();
    const response = await login(app, ADMIN_TOKEN);
    expect(response.statusCode).toBe(303);
    expect(response.headers.location).toBe('/');
    expect(response.headers['set-cookie']).toMatch(/; HttpOnly; SameSite=Strict$/);
    expect(response.headers['set-cookie']).not.toContain(ADMIN_TOKEN);
    const cookie = cookieOf(response);
    expect((await app.inject({ url: '/', headers: { cookie: `a=b; ${cookie}` } })).statusCode).not.toBe(401);
    expect((await app.inject({ url: '/api/v1/integrations', headers: { cookie } })).statusCode).toBe(401);
    const out = await app.inject({ method: 'POST', url: '/logout', headers: { cookie } });
    expect(out.headers['set-cookie']).toContain('Max-Age=0');
  });

  test('the cookie is for TLS only where TLS is', async () => {
    const { app } = await testApp();
    const response = await app.inject({
      method: 'POST',
      url: '/login',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-forwarded-proto': 'https' },
      body: `token=${ADMIN_TOKEN}`,
    });
    expect(response.headers['set-cookie']).toMatch(/; Secure$/);
  });
});
