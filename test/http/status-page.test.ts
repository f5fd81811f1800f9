import { beforeAll, describe, expect, inject, test } from 'vitest';
import { localAddress, readQuery, writeQuery } from '../../src/http/status-page/query.ts';
import { addDeliveries } from '../../src/store/deliveries.ts';
import { saveIntegration, type IntegrationInput } from '../../src/store/integrations.ts';
import { owe } from '../../src/store/endpoint-states.ts';
import { forgetNextLook, noteUnknown, park, pause, remove } from '../../src/store/life.ts';
import { ensureSchedules } from '../../src/temporal/schedules.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { insertPasses } from '../support/page-data.ts';
import { eventually } from '../support/poll.ts';
import { testTemporal, uniqueIntegrationId } from '../support/temporal.ts';
import { ADMIN_TOKEN, recordingLog, storeThatIsDown, temporalAt, testApp, testConfig } from './support.ts';

let store: TestStore;
beforeAll(async () => {
  store = await createTestStore();
});

type App = Awaited<ReturnType<typeof testApp>>['app'];

const login = (app: App, token: string) =>
  app.inject({
    method: 'POST',
    url: '/login',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ token }).toString(),
  });

const cookieOf = (response: Awaited<ReturnType<typeof login>>) =>
  String(response.headers['set-cookie']).split(';')[0]!;

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

/** An application whose pages can be read. */
async function reader(overrides: Parameters<typeof testApp>[0] = {}) {
  const { app } = await testApp({
    store,
    temporal: temporalAt(inject('temporalAddress')),
    temporalUiUrl: 'http://localhost:8233/',
    ...overrides,
  });
  const cookie = cookieOf(await login(app, ADMIN_TOKEN));
  return async (url: string) => {
    const response = await app.inject({ url, headers: { cookie } });
    // One space where the markup has any: what a person reads.
    const text = response.body
      .replace(/<(style|head)>.*<\/\1>/s, '')
      .replaceAll(/<[^>]*>/g, ' ')
      .replaceAll(/\s+/g, ' ');
    return { status: response.statusCode, headers: response.headers, body: response.body, text };
  };
}

const save = (more: Partial<IntegrationInput> & { id: string }) =>
  saveIntegration(store, { tool: 'personio', category: 'HRIS', ...more });

const find = (id: string) => `/?q=${encodeURIComponent(id)}`;

test('shows integrations, and escapes what comes from outside', async () => {
  await save({ id: 'personio:1', organizationName: '<script>alert(1)</script>' });
  await save({ id: 'lever:"><b>', tool: 'lever', category: 'ATS' });
  const retryAt = new Date(Date.now() + 3_600_000);
  await park(store, 'lever:"><b>', {
    code: '<i>',
    message: 'Login & password',
    needsPerson: true,
    failures: 1,
    retryAt,
  });
  const read = await reader();
  for (const url of ['/', '/integrations/personio:1', `/integrations/${encodeURIComponent('lever:"><b>')}`]) {
    const { status, headers, body } = await read(url);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(body).not.toMatch(/<script|"><b>|<i>/);
    expect(body).not.toMatch(/(src|href)="https?:\/\/(?!localhost:8233)/);
  }
  const list = await read('/');
  expect(list.text).toContain('1 of 2 integrations active');
  expect(list.body).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(list.body).toContain('Login &amp; password');
  expect(list.body).toContain(
    'http://localhost:8233/namespaces/default/workflows?query=KomboIntegrationId%20%3D%20&#39;personio%3A1&#39;',
  );
  expect((await read('/?q=%22%3E%3Cb%3E')).body).toContain('value="&quot;&gt;&lt;b&gt;"');
});

describe('a state is told in plain words, with what to do', () => {
  const cases: [string, (id: string) => Promise<unknown>, RegExp][] = [
    ['credentials', (id) => parkAs(id, 'INVALID'), /credentials are refused.*connect it again/],
    ['switched off', (id) => parkAs(id, 'INTEGRATION.INACTIVE'), /switched off in Kombo.*Switch it on/],
    ['first sync', (id) => parkAs(id, 'SETUP_SYNC_PENDING'), /first sync of it is not over.*Nothing to do/],
    [
      'a code of next year',
      (id) => parkAs(id, 'INTEGRATION.NEW'),
      /As Kombo says.*Look at it in the Kombo dashboard/,
    ],
    ['paused', (id) => pause(store, id, 'Until Friday'), /Until Friday.*kombo-sync integrations resume/],
    ['deleted', (id) => removeAs(id, 'Deleted'), /was deleted in Kombo.*comes back by itself/],
    [
      'not known',
      (id) => removeAs(id, 'PLATFORM.INTEGRATION_NOT_FOUND'),
      /does not know it.*integrations add/,
    ],
    ['by hand', (id) => removeAs(id, 'RemovedByHand'), /As Kombo says/],
  ];
  const parkAs = (id: string, code: string) =>
    park(store, id, { code, message: 'As Kombo says', needsPerson: false, failures: 1, retryAt: new Date() });
  const removeAs = (id: string, code: string) =>
    remove(store, id, { code, message: 'As Kombo says', at: new Date() });

  test.each(cases)('%s', async (_name, become, words) => {
    const id = uniqueIntegrationId();
    await save({ id });
    await become(id);
    const read = await reader();
    expect((await read(find(id))).text).toMatch(words);
    expect((await read(`/integrations/${id}`)).text).toMatch(words);
  });

  test('what is owed of an endpoint that the tool does not offer just now', async () => {
    const id = uniqueIntegrationId();
    await save({ id, unavailableModels: ['hris_absences'] });
    await owe(store, id, ['/hris/absences', '/hris/locations'], 'delta');
    const { text } = await (await reader())(`/integrations/${id}`);
    expect(text).toMatch(/\/hris\/absences [^/]* a delta is due once the tool offers it/);
    expect(text).toMatch(/\/hris\/locations [^/]* a delta is due with the next sync/);
  });

  test.each([
    ['a timer waits', false, new Date(Date.now() + 3_600_000), /Next look .{0,25}in (1 h|59 min|60 min)/],
    ['none does any more', false, null, /Next look with the next webhook or scheduled sync/],
    ['a person must act', true, new Date(), /Next look with the next webhook or scheduled sync/],
  ])('the next look at a parked one: %s', async (_name, needsPerson, retryAt, words) => {
    const id = uniqueIntegrationId();
    await save({ id });
    const planned = retryAt ?? new Date();
    await park(store, id, { code: 'INVALID', message: 'no', needsPerson, failures: 1, retryAt: planned });
    if (!retryAt) await forgetNextLook(store, id, planned);
    const read = await reader();
    expect((await read(find(id))).text).toMatch(words);
    expect((await read(`/integrations/${id}`)).text).toMatch(words);
  });

  test('stale data of an active one', async () => {
    const id = uniqueIntegrationId();
    await save({ id, dataExpiredAt: new Date() });
    const read = await reader();
    expect((await read(find(id))).text).toMatch(/filters or scopes in Kombo changed/);
  });

  test('when the data of a removed one are erased', async () => {
    const id = uniqueIntegrationId();
    await save({ id });
    await removeAs(id, 'Deleted');
    const erased = await reader({ config: testConfig({ DELETED_RETENTION: '3d' }) });
    expect((await erased(`/integrations/${id}`)).text).toMatch(/Its data erased from .* \(in [23] d\) on/);
    const kept = await reader({ config: testConfig({ DELETED_RETENTION: 'off' }) });
    expect((await kept(`/integrations/${id}`)).text).toContain('kept: DELETED_RETENTION is off');
  });
});

describe('freshness and the next run (I18)', () => {
  test('fresh as of the oldest endpoint, the next full sync as the schedule has it', async () => {
    const temporal = await testTemporal();
    const id = uniqueIntegrationId();
    const saved = await save({ id });
    const read = await reader({ temporal });
    expect((await read(find(id))).text).toMatch(/not complete yet.*never done.*no schedule/);
    await insertPasses(store, { id, deltas: 1 });
    await store.pool.query(
      `update kombo_sync.passes set watermark_at = now() - interval '3 hours', started_at = now() - interval '3 hours'
       where integration_id = $1 and endpoint = '/hris/groups' and kind = 'delta'`,
      [id],
    );
    await ensureSchedules(temporal.client, testConfig({ FULL_SYNC_CRON: '0 2 * * *' }), saved);
    // Temporal's list of schedules follows a moment later.
    const shows = (words: RegExp) => eventually(async () => words.test((await read(find(id))).text));
    await shows(/3 h ago .* last 9 h ago no drift next in \d+ (h|min)/);
    await temporal.client.schedule.getHandle(`full-sync/${id}`).pause('maintenance');
    await shows(/schedule paused/);
    expect((await read(`/integrations/${id}`)).text).toContain('maintenance');
  });

  test('without Temporal the pages come, and say so', async () => {
    const id = uniqueIntegrationId();
    await save({ id });
    const read = await reader({ temporal: temporalAt('127.0.0.1:1') });
    for (const url of [find(id), `/integrations/${id}`, '/cutover']) {
      const { status, text } = await read(url);
      expect(status).toBe(200);
      expect(text).toMatch(/Temporal (cannot be asked|does not answer)/);
    }
  });
});

describe('notices', () => {
  test('Kombo refuses every request, until a pass is completed again', async () => {
    const own = await createTestStore();
    await saveIntegration(own, { id: 'personio:1', tool: 'personio', category: 'HRIS' });
    const read = await reader({ store: own });
    const endPass = (state: string, code: string | null) =>
      own.pool.query(
        `insert into kombo_sync.passes (sync_id, workflow_id, run_id, integration_id, endpoint, kind, trigger, state,
           watermark_at, moves_watermark, error_code, finished_at)
         values (gen_random_uuid(), 'w', 'r', 'personio:1', '/hris/groups', 'delta', 'webhook', $1, now(), true, $2, clock_timestamp())`,
        [state, code],
      );
    await endPass('completed', null);
    expect((await read('/')).text).not.toContain('refuses');
    await endPass('failed', 'PLATFORM.AUTHENTICATION_INVALID');
    await endPass('failed', 'PLATFORM.TASK_TIMED_OUT');
    expect((await read('/')).text).toMatch(
      /Kombo refuses every request \( PLATFORM.AUTHENTICATION_INVALID .*KOMBO_API_KEY/,
    );
    await endPass('completed', null);
    expect((await read('/')).text).not.toContain('refuses');
  });

  test('legacy webhooks still come, or do nothing any more', async () => {
    const own = await createTestStore();
    const on = await reader({ store: own });
    expect((await on('/')).text).not.toContain('Legacy');
    const come = async (ago: number) => {
      const at = new Date(Date.now() - ago);
      const seen = { outcome: 'accepted', times: 1, firstAt: at, lastAt: at } as const;
      await addDeliveries(own, [{ integrationId: 'personio:1', type: 'sync-finished', ...seen }]);
    };
    await come(25 * 3_600_000);
    expect((await on('/')).text).not.toContain('Legacy');
    await come(60_000);
    expect((await on('/')).text).toMatch(/Legacy webhooks still come : sync-finished , last 1 min ago/);
    const off = await reader({ store: own, config: testConfig({ LEGACY_WEBHOOKS: 'off' }) });
    expect((await off('/')).text).toMatch(/LEGACY_WEBHOOKS is off, so they do nothing: unsubscribe/);
  });

  test('ids that Kombo does not know', async () => {
    const own = await createTestStore();
    const read = await reader({ store: own });
    await noteUnknown(own, 'workday:<x>');
    await noteUnknown(own, 'workday:<x>');
    const { body, text } = await read('/');
    expect(text).toMatch(/Webhooks name 1 id that Kombo does not know/);
    expect(body).toContain('workday:&lt;x&gt;');
    expect((await read('/?q=nothing')).body).toContain('href="/?refresh=off#unknown"');
  });
});

test('an unknown integration is a page that says how to add it', async () => {
  const read = await reader();
  const { status, text } = await read('/integrations/nobody%3A%3Cb%3E');
  expect(status).toBe(404);
  expect(text).toContain('kombo-sync integrations add nobody:&lt;b&gt;');
});

test('the cutover page shows what is not ready and counts what is', async () => {
  const read = await reader();
  const { text } = await read('/cutover');
  expect(text).toMatch(/Ready 0 of \d+ integrations/);
  expect(text).toMatch(/Blocked: It is paused: Until Friday/);
});

describe('the address carries everything', () => {
  test('a refreshing page goes on with its search, and its links keep refreshing', async () => {
    const read = await reader();
    const { body } = await read('/?q=personio%3A1&status=active&refresh=15');
    expect(body).toContain('<meta http-equiv="refresh" content="15" />');
    expect(body).toContain('href="/integrations/personio%3A1"');
    expect(body).toContain('href="/?q=personio%3A1&amp;status=parked&amp;refresh=15"');
    expect(body).not.toMatch(/<input[^>]*name="q"/);
    expect((await read('/cutover?refresh=15')).body).not.toContain('http-equiv="refresh"');
    expect((await read('/?q=personio%3A1')).body).not.toContain('http-equiv="refresh"');
    expect((await read('/')).body).toContain('<meta http-equiv="refresh" content="15" />');
    expect((await read('/integrations/personio%3A1')).body).toContain('http-equiv="refresh"');
    const still = (await read('/?refresh=off')).body;
    expect(still).not.toContain('http-equiv="refresh"');
    expect(still).toContain('href="/integrations/personio%3A1?refresh=off"');
  });

  test('nonsense in it is left out', () => {
    const nothing = {
      search: null,
      status: null,
      category: null,
      failing: false,
      after: null,
      refresh: 15,
    };
    expect(readQuery({})).toEqual(nothing);
    expect(readQuery({ q: ['a', 'b'], status: 'odd', category: 'X', failing: 'yes', refresh: '1' })).toEqual(
      nothing,
    );
    expect(readQuery({ refresh: '1e3' }).refresh).toBe(1_000);
    expect(readQuery({ refresh: '15.5' }).refresh).toBe(15);
    expect(readQuery({ refresh: 'off' }).refresh).toBeNull();
    expect(readQuery({ q: '' }).refresh).toBeNull();
    const full = {
      search: 'a & b',
      status: 'parked',
      category: 'ATS',
      failing: true,
      after: 'x:y',
      refresh: 15,
    } as const;
    expect(readQuery(Object.fromEntries(new URLSearchParams(writeQuery(full))))).toEqual(full);
  });

  test('the login leads to where one wanted to go, and never to another server', async () => {
    const { app } = await testApp({ store });
    const form = await app.inject('/integrations/personio%3A1?refresh=15');
    expect(form.statusCode).toBe(401);
    expect(form.body).toContain('name="next" value="/integrations/personio%3A1?refresh=15"');
    const response = await app.inject({
      method: 'POST',
      url: '/login',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ token: ADMIN_TOKEN, next: '/cutover?refresh=15' }).toString(),
    });
    expect(response.headers.location).toBe('/cutover?refresh=15');
    const elsewhere = [
      '//evil.example',
      '///evil.example',
      'https://evil.example/',
      '/\\evil.example',
      '\\\\evil.example',
    ];
    const hidden = [
      '/.//evil.example',
      '/..//evil.example',
      '/\t/evil.example',
      'javascript:alert(1)',
      'x',
      '',
    ];
    for (const address of [...elsewhere, ...hidden]) {
      const found = localAddress(address);
      expect(found).toMatch(/^\//);
      expect(new URL(found, 'http://here.invalid').host, address).toBe('here.invalid');
    }
    expect(localAddress(null)).toBe('/');
  });
});

test('says so when Postgres does not answer', async () => {
  const { app } = await testApp();
  const cookie = cookieOf(await login(app, ADMIN_TOKEN));
  const response = await app.inject({ url: '/', headers: { cookie } });
  expect(response.statusCode).toBe(503);
  expect(response.body).toContain('Postgres did not answer');
  expect(response.body).toContain('Webhooks are still accepted');
});

test.each(['/?q=%00', '/?after=a%00b', '/integrations/%00'])(
  '%s is an address that is not valid, and no outage',
  async (url) => {
    const read = await reader();
    const { status, headers, text } = await read(url);
    expect(status).toBe(400);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(text).toContain('The address holds a character that nothing here is named with.');
    expect((await read(url.replace('%00', '%2500'))).status).not.toBe(400);
  },
);

test('an error that is no outage is not said to be one', async () => {
  const broken = storeThatIsDown();
  Object.assign(broken.pool, { query: () => Promise.reject(new TypeError('odd')) });
  const { log, text: logged } = recordingLog();
  const read = await reader({ store: broken, log });
  const { status, text } = await read('/integrations/personio:1');
  expect(status).toBe(500);
  expect(text).toContain('the log says what');
  expect(text).not.toMatch(/Postgres|odd/);
  expect(logged()).toContain('TypeError: odd');
});
