import { beforeEach, describe, expect, test } from 'vitest';
import type { EndpointFailure } from '../../src/domain/plan.ts';
import { commitPage } from '../../src/store/commit-page.ts';
import {
  disableEndpoint,
  endpointStates,
  nextRetry,
  noteFailure,
  owe,
} from '../../src/store/endpoint-states.ts';
import type { Pass } from '../../src/store/passes.ts';
import { createTestStore } from '../support/database.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { databaseTime, makePage, open, PLAIN, readPass } from './support.ts';

const TAGS = '/ats/tags';
const JOBS = '/ats/jobs';

const store = await createTestStore();
let integration: string;

beforeEach(() => {
  integration = uniqueIntegrationId();
});

const tags = async () => (await endpointStates(store, integration)).get(TAGS);
const soon = (ms = 60_000) => new Date(Date.now() + ms);
const FAILURE: EndpointFailure = {
  code: 'REMOTE.SERVICE_UNAVAILABLE',
  message: 'Kombo is away.',
  failures: 1,
  since: new Date('2026-03-01T12:00:00Z'),
  needsPerson: false,
};
const fail = async (more: Partial<EndpointFailure> = {}, rest: { since?: Date; dueAt?: Date } = {}) =>
  noteFailure(store, integration, {
    endpoint: TAGS,
    kind: 'full',
    failure: { ...FAILURE, ...more },
    dueAt: rest.dueAt ?? soon(),
    since: rest.since,
  });
const begin = (kind: 'delta' | 'full') => open(store, integration, TAGS, kind);
const finish = async (pass: Pass) => commitPage(store, pass, makePage(TAGS, []), PLAIN);

describe('what is owed', () => {
  test('(I6) a full read outranks a delta, in either order', async () => {
    await owe(store, integration, [TAGS], 'full');
    await owe(store, integration, [TAGS], 'delta');
    expect(await tags()).toMatchObject({ owed: 'full' });
    await owe(store, integration, [JOBS], 'delta');
    await owe(store, integration, [JOBS], 'full');
    expect((await endpointStates(store, integration)).get(JOBS)).toMatchObject({ owed: 'full' });
  });

  test('the earlier moment counts', async () => {
    const [early, late] = [soon(1_000), soon(9_000)];
    await owe(store, integration, [TAGS], 'full', { dueAt: new Map([[TAGS, late]]) });
    await owe(store, integration, [TAGS], 'full', { dueAt: new Map([[TAGS, early]]) });
    await owe(store, integration, [TAGS], 'full', { dueAt: new Map([[TAGS, late]]) });
    expect((await tags())?.dueAt).toEqual(early);
    await owe(store, integration, [TAGS], 'delta');
    expect((await tags())?.dueAt).toBeNull();
  });

  test('a pass pays what was owed when it began', async () => {
    await readPass(store, integration, TAGS, 'full', [[]]);
    await owe(store, integration, [TAGS], 'delta');
    await finish(await begin('delta'));
    expect(await tags()).toMatchObject({ owed: null });
    await owe(store, integration, [TAGS], 'full');
    await finish(await begin('delta'));
    expect(await tags()).toMatchObject({ owed: 'full' });
    await finish(await begin('full'));
    expect(await tags()).toMatchObject({ owed: null });
  });

  test('(I6) what came to be owed while a full pass ran stays, and no more than that', async () => {
    await readPass(store, integration, TAGS, 'full', [[]]);
    await owe(store, integration, [TAGS], 'full');
    const pass = await begin('full');
    await owe(store, integration, [TAGS], 'delta');
    await finish(pass);
    expect(await tags()).toMatchObject({ owed: 'delta' });
    const other = await begin('full');
    await owe(store, integration, [TAGS], 'full');
    await finish(other);
    expect(await tags()).toMatchObject({ owed: 'full' });
  });

  test('and the pass that is not enough says so, when more is due', async () => {
    const pass = await begin('full');
    await owe(store, integration, [TAGS], 'delta');
    expect(await finish(pass)).toMatchObject({ owes: true });
    expect(await finish(await begin('full'))).toMatchObject({ owes: false });
    const other = await begin('full');
    await owe(store, integration, [TAGS], 'full', { dueAt: new Map([[TAGS, soon()]]) });
    expect(await finish(other)).toMatchObject({ owes: false });
    expect(await tags()).toMatchObject({ owed: 'full' });
  });

  test('a delta pays the delta that is owed beside a full read', async () => {
    await readPass(store, integration, TAGS, 'full', [[]]);
    await owe(store, integration, [TAGS], 'full');
    const full = await begin('full');
    await owe(store, integration, [TAGS], 'delta');
    await finish(await begin('delta'));
    await finish(full);
    expect(await tags()).toMatchObject({ owed: null });
  });
});

describe('a failing endpoint', () => {
  test('(I10) shows why, how often and since when, and that the read is owed', async () => {
    await fail({ failures: 3 });
    expect(await tags()).toMatchObject({ failure: { ...FAILURE, failures: 3 }, owed: 'full' });
  });

  test('keeps its pause whatever is asked for, and is done with when it answers', async () => {
    const dueAt = soon();
    await fail({}, { dueAt });
    await owe(store, integration, [TAGS], 'delta');
    expect((await tags())?.dueAt).toEqual(dueAt);
    await finish(await begin('full'));
    expect(await tags()).toMatchObject({ failure: null, dueAt: null, owed: null });
  });

  test('a delta that works ends the failure, and the full read that is still owed is due', async () => {
    await readPass(store, integration, TAGS, 'full', [[]]);
    await fail();
    await finish(await begin('delta'));
    expect(await tags()).toMatchObject({ failure: null, dueAt: null, owed: 'full' });
  });

  test('is paid by a pass that goes on with the one that failed, but for what came after', async () => {
    const pass = await begin('full');
    await fail({}, { since: pass.started_at });
    await finish(pass);
    expect(await tags()).toMatchObject({ owed: null });
    const other = await begin('full');
    await fail({}, { since: other.started_at });
    await owe(store, integration, [TAGS], 'delta');
    await finish(other);
    expect(await tags()).toMatchObject({ owed: 'delta' });
  });

  test('a read that was owed before is not forgotten for the one that failed', async () => {
    const pass = await begin('full');
    await owe(store, integration, [TAGS], 'full');
    await fail({}, { since: pass.started_at });
    await finish(pass);
    expect(await tags()).toMatchObject({ owed: 'full' });
  });

  test('(I6) that the tool turns out not to offer does not fail, and what is owed waits for the next look in a day', async () => {
    const off = { code: 'INTEGRATION.MODEL_DISABLED', message: 'off', kind: 'delta' as const };
    await fail();
    await disableEndpoint(store, integration, TAGS, off);
    const state = (await tags())!;
    expect(state).toMatchObject({ disabled: { code: off.code }, failure: null, owed: 'full' });
    expect(state.dueAt!.getTime() - state.disabled!.since.getTime()).toBe(86_400_000);
    await owe(store, integration, [TAGS], 'delta');
    expect(await tags()).toMatchObject({ owed: 'full', dueAt: state.dueAt });
    expect(await nextRetry(store, integration)).toBeNull();
    await finish(await begin('full'));
    expect(await tags()).toMatchObject({ disabled: null, owed: null, dueAt: null });
  });
});

test('a timer waits for the first try, and not for what needs a person', async () => {
  expect(await nextRetry(store, integration)).toBeNull();
  const [early, late] = [soon(1_000), soon(9_000)];
  await fail({}, { dueAt: late });
  const jobs = { endpoint: JOBS, kind: 'delta' as const, failure: FAILURE, dueAt: early };
  await noteFailure(store, integration, jobs);
  expect(await nextRetry(store, integration)).toEqual(early);
  await noteFailure(store, integration, { ...jobs, failure: { ...FAILURE, needsPerson: true } });
  expect(await nextRetry(store, integration)).toEqual(late);
  await owe(store, `${integration}-other`, [TAGS], 'delta', { since: await databaseTime(store) });
  expect(await nextRetry(store, `${integration}-other`)).toBeNull();
});
