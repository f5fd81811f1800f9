import { beforeEach, describe, expect, test } from 'vitest';
import { sql } from 'kysely';
import { CATALOGUE } from '../../src/domain/catalogue/index.ts';
import { ALL_MODELS, isChosen, type Choice } from '../../src/domain/choice.ts';
import { namesOf, nestedNamesOf } from '../../src/domain/model-names.ts';
import { transaction } from '../../src/store/database.ts';
import { commitPage } from '../../src/store/records/commit-page.ts';
import { findCandidates, nextCandidates, settleCandidates } from '../../src/store/records/sweep.ts';
import { isChosenBy, settingsRead } from '../../src/store/sql.ts';
import { endReadsOf, storeChoice } from '../../src/store/state/choice.ts';
import { findIntegration, saveIntegration } from '../../src/store/state/integrations.ts';
import { confirmRemoval, noteSighting, pause, remove } from '../../src/store/state/life.ts';
import { endPass } from '../../src/store/state/pass-life.ts';
import { openPass } from '../../src/store/state/passes.ts';
import { REMOVED } from '../../src/domain/life.ts';
import { createTestStore, waitsForLock } from '../support/database.ts';
import { insertDebt } from '../support/debts.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { ask, getPass, historyAt, makePage, open, PLAIN, readPass, readRow } from './support.ts';

const TAGS = '/ats/tags';
const JOBS = '/ats/jobs';

const store = await createTestStore();
let id: string;

beforeEach(async () => {
  id = uniqueIntegrationId();
  await saveIntegration(store, { id, tool: 'demo', category: 'ATS' });
});

const choose = (change: Partial<Choice>, settings = ALL_MODELS) => storeChoice(store, id, change, settings);
const WITHOUT_TAGS: Partial<Choice> = { excludeModels: ['ats_tags'] };

test('for each choice, Postgres picks the same endpoints as the domain', async () => {
  const nested = CATALOGUE.flatMap((endpoint) => nestedNamesOf(endpoint));
  const lists = [
    null,
    ['*'],
    ['ats_*', 'hris_employees'],
    ['*s', '/hris/*'],
    ['lms_course_revisions'],
    ['lms_course_r*'],
    ['ats-jobs', 'ats_job_', 'ats%', 'ats\\_jobs', 'ats_jobs\\'],
    [...nested],
    ...CATALOGUE.flatMap((endpoint) => namesOf(endpoint).map((name) => [name])),
  ];
  const choices = lists.flatMap((list): Choice[] => [
    { models: list, excludeModels: null },
    { models: null, excludeModels: list },
    { models: ['ats_*', 'lms_*'], excludeModels: list },
  ]);
  for (const choice of choices) {
    const { rows } = await sql<{ path: string; chosen: boolean }>`
      select e.path, ${sql.raw(isChosenBy('i'))} as chosen
      from ${settingsRead({ ...ALL_MODELS, EXTRA_ENDPOINTS: CATALOGUE.map(({ path }) => path) })},
        (select ${choice.models}::text[] as models, ${choice.excludeModels}::text[] as exclude_models) i`.execute(
      store.db,
    );
    expect(new Map(rows.map(({ path, chosen }) => [path, chosen])), JSON.stringify(choice)).toEqual(
      new Map(CATALOGUE.map((endpoint) => [endpoint.path, isChosen(endpoint, choice)])),
    );
  }
});

describe('a choice', () => {
  test('changes only what is given; null clears a part', async () => {
    expect(await choose({ models: ['ats_*'], ...WITHOUT_TAGS })).toMatchObject({
      before: { models: null, excludeModels: null },
      after: { models: ['ats_*'], excludeModels: ['ats_tags'] },
    });
    expect(await choose({ models: null })).toMatchObject({
      after: { models: null, excludeModels: ['ats_tags'] },
    });
    expect(await findIntegration(store, id)).toMatchObject({ models: null, excludeModels: ['ats_tags'] });
  });

  test('is not stored for a removed or unknown integration', async () => {
    await remove(store, id, { code: REMOVED.byHand, message: 'gone', at: new Date() });
    expect(await choose(WITHOUT_TAGS)).toBeUndefined();
    expect(await storeChoice(store, 'nobody:1', WITHOUT_TAGS, ALL_MODELS)).toBeUndefined();
  });

  test('returns what it adds, and only that is owed', async () => {
    await choose({ models: ['ats_jobs', 'ats_users'] });
    const settings = { ...ALL_MODELS, EXCLUDE_MODELS: ['ats_roles'] };
    const stored = await choose({ models: ['ats_jobs', 'ats_tags', 'ats_roles'] }, settings);
    expect(stored?.added.map(({ path }) => path)).toEqual([TAGS]);
    expect((await historyAt(store, id, TAGS)).debts).toMatchObject({ full: { dueAt: null, failure: null } });
    expect((await historyAt(store, id, JOBS)).debts).toEqual({});
    expect((await historyAt(store, id, '/ats/roles')).debts).toEqual({});
  });
});

describe('(I30) an endpoint that is no longer chosen', () => {
  test('keeps its rows, and only a full read is owed if it was read before', async () => {
    await readPass(store, id, TAGS, 'full', [[{ id: 'a' }]]);
    const failure = { errorClass: 'EndpointDisabled', givenUp: true } as const;
    await insertDebt(store, id, { endpoint: TAGS, kind: 'delta', failure: {} });
    await insertDebt(store, id, { endpoint: JOBS, kind: 'full', failure, dueAt: new Date(Date.now() + 1e6) });
    await choose({ models: ['ats_users'] });
    expect(Object.keys((await historyAt(store, id, TAGS)).debts)).toEqual(['full']);
    // Never read: it is read when it is chosen, and the tool's earlier refusal no longer counts.
    expect((await historyAt(store, id, JOBS)).debts).toMatchObject({ full: { dueAt: null, failure: null } });
    expect((await historyAt(store, id, '/ats/roles')).debts).toEqual({});
    expect(await readRow(store, id, 'ats_tags', 'a')).toMatchObject({ deleted_at: null });
  });

  test('ends a pass that ran: nothing is written after the choice', async () => {
    const pass = await open(store, id, TAGS, 'full');
    await choose(WITHOUT_TAGS);
    const page = makePage(TAGS, [{ id: 'late' }], { asked: await ask(store) });
    await expect(commitPage(store, pass, page, PLAIN)).rejects.toMatchObject({ errorClass: 'PassLost' });
    expect(await readRow(store, id, 'ats_tags', 'late')).toBeUndefined();
    expect(await getPass(store, pass.id)).toMatchObject({
      state: 'skipped',
      error_code: 'NOT_CHOSEN',
      error_message: expect.stringContaining('ats_tags is not chosen for this integration') as string,
    });
  });

  test('refuses a page that waited for the choice', async () => {
    const pass = await open(store, id, TAGS, 'full');
    const page = makePage(TAGS, [{ id: 'late' }], { asked: await ask(store) });
    const written = await transaction(store.pool, async (client) => {
      await client.query('select from kombo_sync.integrations where id = $1 for update', [id]);
      const writing = commitPage(store, pass, page, PLAIN).then(
        () => 'written',
        (error: { errorClass: string }) => error.errorClass,
      );
      await waitsForLock(store);
      await client.query(
        `update kombo_sync.passes set state = 'skipped', version = version + 1 where id = $1`,
        [pass.id],
      );
      return { writing };
    });
    expect(await written.writing).toBe('PassLost');
    expect(await readRow(store, id, 'ats_tags', 'late')).toBeUndefined();
  });

  test('ends a sweep that ran', async () => {
    await readPass(store, id, TAGS, 'full', [[{ id: 'a' }, { id: 'b' }]]);
    const listed = await readPass(store, id, TAGS, 'full', [[{ id: 'a' }]]);
    const found = await findCandidates(store, listed, { maxShare: 1, allowMassDeletion: true });
    const asked = await nextCandidates(store, found, 10);
    expect(asked).toEqual(['b']);
    await choose(WITHOUT_TAGS);
    const answer = { asked, returned: [], unreadable: [], ...(await ask(store)) };
    await expect(settleCandidates(store, found, answer, PLAIN)).rejects.toMatchObject({
      errorClass: 'PassLost',
    });
    expect(await readRow(store, id, 'ats_tags', 'b')).toMatchObject({ deleted_at: null });
    expect(await getPass(store, listed.id)).toMatchObject({ state: 'completed', sweep_state: 'none' });
    expect(Object.keys((await historyAt(store, id, TAGS)).debts)).toEqual(['full']);
  });

  const openTags = (syncId: string) =>
    openPass(store, {
      integrationId: id,
      endpoint: TAGS,
      kind: 'full',
      syncId,
      workflowId: 'w',
      runId: 'r',
      trigger: 'webhook',
      because: 'webhook',
      overlapMs: 0,
    });

  test('does not begin, resume or reopen a pass', async () => {
    const own = `${id}/own`;
    const stopped = await open(store, id, TAGS, 'full', { syncId: own });
    const page = makePage(TAGS, [{ id: 'a' }], { next: 'more', asked: await ask(store) });
    await commitPage(store, stopped, page, PLAIN);
    const end = { state: 'abandoned', code: 'Cancelled', message: 'cancelled', resumable: true } as const;
    await endPass(store, stopped.id, end);
    await choose(WITHOUT_TAGS);
    expect(await openTags(own)).toBeUndefined();
    expect(await openTags(`${id}/other`)).toBeUndefined();
    expect(await getPass(store, stopped.id)).toMatchObject({ state: 'abandoned', cursor: null });
    await choose({ excludeModels: null });
    expect(await openTags(`${id}/third`)).toMatchObject({ state: 'running', cursor: null, pages: 0 });
  });

  test('is read again by a pass that begins after it is chosen again, not by an older one', async () => {
    await readPass(store, id, TAGS, 'full', [[{ id: 'a' }]]);
    await choose(WITHOUT_TAGS);
    await choose({ excludeModels: null });
    expect((await historyAt(store, id, TAGS)).debts.full).toMatchObject({ dueAt: null });
    await readPass(store, id, TAGS, 'delta', [[]]);
    expect((await historyAt(store, id, TAGS)).debts.full).toBeDefined();
    await readPass(store, id, TAGS, 'full', [[{ id: 'a' }]]);
    expect((await historyAt(store, id, TAGS)).debts.full).toBeUndefined();
  });

  test('ends its reads one by one if the settings leave it out', async () => {
    const tags = await open(store, id, TAGS, 'delta');
    const jobs = await open(store, id, JOBS, 'delta');
    await endReadsOf(store, id, TAGS, { code: 'NOT_CHOSEN', message: 'why' });
    expect(await getPass(store, tags.id)).toMatchObject({ state: 'skipped', error_message: 'why' });
    expect(await getPass(store, jobs.id)).toMatchObject({ state: 'running' });
  });
});

describe('the choice of a removed integration', () => {
  const removeFor = (code: string) => remove(store, id, { code, message: 'gone', at: new Date() });
  const seen = () => ({ id, tool: 'demo', category: 'ATS' });
  const choiceNow = async () => {
    const found = await findIntegration(store, id);
    return { models: found?.models, excludeModels: found?.excludeModels };
  };
  const NONE = { models: null, excludeModels: null };

  beforeEach(async () => {
    await choose({ models: ['ats_*'], ...WITHOUT_TAGS });
  });

  test.each([REMOVED.byHand, REMOVED.deleted])('is deleted with it: %s', async (code) => {
    await removeFor(code);
    expect(await choiceNow()).toEqual(NONE);
  });

  test('is deleted if a 404 turns out to be a deletion, or it is connected again', async () => {
    await removeFor(REMOVED.unknown);
    const missed = { revive: true, unpark: false, missed: [] };
    const { integration } = await noteSighting(store, seen(), missed);
    expect(integration).toMatchObject({ status: 'active', ...NONE });
    expect(await choiceNow()).toEqual(NONE);

    await choose(WITHOUT_TAGS);
    await removeFor(REMOVED.unknown);
    await confirmRemoval(store, id, { code: REMOVED.deleted, message: 'deleted', at: new Date() });
    expect(await choiceNow()).toEqual(NONE);
  });

  test('survives a mistaken 404 and a pause', async () => {
    await pause(store, id, 'a reason');
    await removeFor(REMOVED.unknown);
    await noteSighting(store, seen(), { revive: true, keepPause: true, unpark: false, missed: [] });
    expect(await findIntegration(store, id)).toMatchObject({
      status: 'paused',
      models: ['ats_*'],
      excludeModels: ['ats_tags'],
    });
  });
});
