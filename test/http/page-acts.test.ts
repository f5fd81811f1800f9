import { beforeAll, beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest';
import { syncWorkflowId, fullSyncWorkflowId } from '../../src/domain/names.ts';
import { findIntegration, saveIntegration } from '../../src/store/state/integrations.ts';
import { pause, remove } from '../../src/store/state/life.ts';
import { REMOVED } from '../../src/domain/life.ts';
import { deleteSchedules } from '../../src/temporal/schedules.ts';
import { listActs } from '../support/acts.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { cookieOf, login } from './page-reader.ts';
import { ADMIN_TOKEN, CLOSED_ADDRESS, temporalAt, testApp, testConfig } from './support.ts';

const VIEWER_TOKEN = 'viewer-token-of-the-tests';
const config = testConfig({ VIEWER_TOKEN });

let store: TestStore;
beforeAll(async () => {
  store = await createTestStore();
});

let id: string;
beforeEach(async () => {
  id = uniqueIntegrationId();
  await saveIntegration(store, { id, tool: 'bombohr', category: 'HRIS' });
});

const formTokenOf = (body: string) => /name="form" value="([^"]+)"/.exec(body)?.[1];

/** A browser without scripts that has logged in. */
async function visitor(token = ADMIN_TOKEN, address = inject('temporalAddress')) {
  const temporal = temporalAt(address);
  const { app } = await testApp({ store, config, temporal });
  const cookie = cookieOf(await login(app, token));
  const client = temporal.client;
  onTestFinished(async () => {
    if (address === CLOSED_ADDRESS) return;
    for (const workflow of [syncWorkflowId(id), fullSyncWorkflowId(id)]) {
      await client.workflow
        .getHandle(workflow)
        .terminate()
        .catch(() => {});
    }
    await deleteSchedules(client, id);
  });
  const get = (url: string) => app.inject({ url, headers: { cookie } });
  const post = (url: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    app.inject({
      method: 'POST',
      url,
      headers: { cookie, 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(fields).toString(),
    });
  const act = async (name: string, fields: Record<string, string> = {}, headers = {}) => {
    const form = formTokenOf((await get(`/integrations/${id}/acts/${name}`)).body) ?? '';
    return post(`/integrations/${id}/acts/${name}`, { form, ...fields }, headers);
  };
  return { app, cookie, client, get, post, act };
}

const newestAct = async () => (await listActs(store, { integrationId: id }))[0];

describe('acts on the page of an integration', () => {
  test('pause and resume with a reason, told on the page and kept like those of the command line', async () => {
    const { get, act } = await visitor();
    const page = await get(`/integrations/${id}`);
    expect(page.body).toContain(`href="/integrations/${encodeURIComponent(id)}/acts/pause"`);
    const form = await get(`/integrations/${id}/acts/pause`);
    expect(form.body).toMatch(/<input\s+id="reason"[^>]*required/);
    expect(form.body).not.toContain('http-equiv="refresh"');

    const paused = await act('pause', { reason: ' the customer <moves> ' }, { 'x-actor': 'ada' });
    expect(paused.statusCode).toBe(303);
    expect(paused.headers.location).toBe(`/integrations/${encodeURIComponent(id)}?did=pause`);
    expect(await findIntegration(store, id)).toMatchObject({
      status: 'paused',
      statusReason: 'the customer <moves>',
    });
    expect(await newestAct()).toMatchObject({
      action: 'pause',
      source: 'page',
      actor: 'ada',
      address: '127.0.0.1',
      details: { reason: 'the customer <moves>' },
      outcome: 'done',
    });
    const after = await get(String(paused.headers.location));
    expect(after.body).toContain('It is paused. What ran was cancelled');
    expect(after.body).toContain('the customer &lt;moves&gt;');
    expect(after.body).toContain('on this page');
    // The page that loads itself again does not say it twice.
    expect(after.body).toMatch(/http-equiv="refresh" content="15; url=\/integrations\/[^?"]+"/);

    expect((await act('resume', { reason: 'moved' })).statusCode).toBe(303);
    expect(await findIntegration(store, id)).toMatchObject({ status: 'active' });
    expect(await newestAct()).toMatchObject({
      action: 'resume',
      details: { reason: 'moved' },
      actor: 'admin',
    });
  });

  test('full sync and cancel start and end a run in Temporal', async () => {
    const { client, act } = await visitor();
    expect((await act('full-sync')).statusCode).toBe(303);
    const handle = client.workflow.getHandle(fullSyncWorkflowId(id));
    expect((await handle.describe()).status.name).toBe('RUNNING');
    expect((await act('cancel')).headers.location).toMatch(/\?did=cancel$/);
    expect(await newestAct()).toMatchObject({ action: 'cancel', outcome: 'done', details: {} });
    const { events } = await handle.fetchHistory();
    expect(JSON.stringify(events)).toContain('workflowExecutionCancelRequestedEventAttributes');
  });

  test('what is refused is said on a page, with its status, and kept', async () => {
    await pause(store, id, 'why not');
    const { act } = await visitor();
    const refused = await act('full-sync');
    expect(refused.statusCode).toBe(409);
    expect(refused.body).toContain('Full sync: not done');
    expect(refused.body).toContain('resumes it.');
    expect(await newestAct()).toMatchObject({ action: 'full-sync', source: 'page', outcome: 'failed' });
  });

  test.each([
    ['', 'Give a reason: the status and the audit log show it.'],
    ['x'.repeat(501), 'A reason has at most 500 characters.'],
    ['a\u001b[31m', 'The reason contains a character that cannot be shown. Use one line of text.'],
  ])('a reason that cannot be used comes back with what is wrong', async (reason, said) => {
    const { act } = await visitor();
    const answer = await act('pause', { reason });
    expect(answer.statusCode).toBe(400);
    expect(answer.body).toContain(said);
    expect(answer.body).toContain('aria-invalid="true"');
    expect(await newestAct()).toBeUndefined();
  });

  test('while Temporal is away, the page says so', async () => {
    const { act } = await visitor(ADMIN_TOKEN, CLOSED_ADDRESS);
    const answer = await act('full-sync');
    expect(answer.statusCode).toBe(503);
    expect(answer.body).toContain('Full sync: not done');
  });

  test('a removed integration has none', async () => {
    await remove(store, id, { code: REMOVED.byHand, message: 'Removed.', at: new Date() });
    const { get } = await visitor();
    expect((await get(`/integrations/${id}`)).body).not.toContain('/acts/');
  });

  test('an act or an id that is none is not found', async () => {
    const { get } = await visitor();
    expect((await get(`/integrations/${id}/acts/erase`)).statusCode).toBe(404);
    expect((await get(`/integrations/${encodeURIComponent('a b')}/acts/pause`)).statusCode).toBe(404);
  });
});

describe('a form that is not of your session', () => {
  test('does nothing: without its token, with that of another session, from another site', async () => {
    const { app, act, post } = await visitor();
    const other = cookieOf(await login(app, ADMIN_TOKEN));
    const theirs = formTokenOf(
      (await app.inject({ url: `/integrations/${id}`, headers: { cookie: other } })).body,
    )!;
    const url = `/integrations/${id}/acts/pause`;
    const reason = 'forged';
    for (const fields of [{ reason }, { reason, form: 'x'.repeat(43) }, { reason, form: theirs }]) {
      const answer = await post(url, fields);
      expect(answer.statusCode).toBe(403);
      expect(answer.body).toContain('not of your session');
    }
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
      expect((await act('pause', { reason }, headers)).statusCode).toBe(403);
    }
    expect(await findIntegration(store, id)).toMatchObject({ status: 'active' });
    expect(await newestAct()).toBeUndefined();
  });

  test('nor does one without a session', async () => {
    const { app } = await visitor();
    const answer = await app.inject({
      method: 'POST',
      url: `/integrations/${id}/acts/pause`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'reason=x&form=y',
    });
    expect(answer.statusCode).toBe(401);
    expect(await findIntegration(store, id)).toMatchObject({ status: 'active' });
  });

  test('the token of a form is another one than what Postgres and the cookie hold', async () => {
    const { get, cookie } = await visitor();
    const form = formTokenOf((await get(`/integrations/${id}`)).body)!;
    const { rows } = await store.pool.query<{ hash: string }>('select hash from kombo_sync.sessions');
    expect(rows.map(({ hash }) => hash)).not.toContain(form);
    expect(cookie).not.toContain(form);
  });
});

describe('VIEWER_TOKEN', () => {
  test('opens the pages without acts, and acts that are sent all the same are refused', async () => {
    const { app, get, post } = await visitor(VIEWER_TOKEN);
    const page = await get(`/integrations/${id}`);
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('reads only');
    expect(page.body).not.toContain('/acts/');
    const admin = cookieOf(await login(app, ADMIN_TOKEN));
    const form = formTokenOf(
      (await app.inject({ url: `/integrations/${id}`, headers: { cookie: admin } })).body,
    )!;
    for (const name of ['pause', 'sync-now', 'cancel']) {
      expect((await get(`/integrations/${id}/acts/${name}`)).statusCode).toBe(403);
      const answer = await post(`/integrations/${id}/acts/${name}`, { form, reason: 'x' });
      expect(answer.statusCode).toBe(403);
      expect(answer.body).toContain('VIEWER_TOKEN, which only reads');
    }
    expect(await newestAct()).toBeUndefined();
  });

  test('reads by the API and changes nothing, which is not counted as a guess', async () => {
    const { app } = await visitor();
    const headers = { authorization: `Bearer ${VIEWER_TOKEN}` };
    expect((await app.inject({ url: `/api/v1/integrations/${id}`, headers })).statusCode).toBe(200);
    for (let times = 0; times < 15; times += 1) {
      const answer = await app.inject({
        method: 'POST',
        url: `/api/v1/integrations/${id}/pause`,
        headers,
        payload: { reason: 'x' },
      });
      expect(answer.statusCode).toBe(403);
      expect(answer.json()).toMatchObject({ code: 'read_only', title: 'The token only reads' });
    }
    const removing = { method: 'DELETE', url: `/api/v1/integrations/${id}`, headers } as const;
    expect((await app.inject(removing)).json()).toMatchObject({ code: 'read_only' });
    expect((await app.inject('/metrics')).body).not.toMatch(/^kombo_sync_tokens_refused_total\{/m);
    expect(await findIntegration(store, id)).toMatchObject({ status: 'active' });
  });

  test('must be another one than ADMIN_TOKEN, and a session ends with its token', async () => {
    expect(() => testConfig({ VIEWER_TOKEN: ADMIN_TOKEN })).toThrow(
      /VIEWER_TOKEN is the same as ADMIN_TOKEN/,
    );
    const { cookie } = await visitor(VIEWER_TOKEN);
    const { app } = await testApp({ store, config: testConfig({ VIEWER_TOKEN: 'another-viewer-token-9' }) });
    expect((await app.inject({ url: '/', headers: { cookie } })).statusCode).toBe(401);
    const { app: without } = await testApp({ store });
    expect((await without.inject({ url: '/', headers: { cookie } })).statusCode).toBe(401);
  });
});
