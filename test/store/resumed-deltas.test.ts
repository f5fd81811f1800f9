import { beforeEach, describe, expect, test } from 'vitest';
import { commitPage } from '../../src/store/records/commit-page.ts';
import { owe } from '../../src/store/state/debts.ts';
import { endPass } from '../../src/store/state/pass-life.ts';
import type { Pass } from '../../src/store/state/passes.ts';
import { createTestStore } from '../support/database.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { historyAt, makePage, open, PLAIN, readPass, readWatermark } from './support.ts';

const TAGS = '/ats/tags';

const store = await createTestStore();
let integration: string;

beforeEach(() => {
  integration = uniqueIntegrationId();
});

const begin = (kind: 'delta' | 'full' = 'full', syncId?: string) =>
  open(store, integration, TAGS, kind, syncId === undefined ? {} : { syncId });

async function commit(pass: Pass, ids: string[], next: string | null): Promise<Pass> {
  const page = makePage(
    TAGS,
    ids.map((id) => ({ id })),
    { next },
  );
  return (await commitPage(store, pass, page, PLAIN)).pass;
}

const owed = async () => Object.keys((await historyAt(store, integration, TAGS)).debts);
const fail = (pass: Pass) =>
  endPass(store, pass.id, { state: 'failed', code: 'Unavailable', message: 'm', resumable: true });

describe('(I9) a failed delta is resumed', () => {
  /** A delta that read `a` and failed before its second page. */
  const failedDelta = async (): Promise<Pass> => {
    await readPass(store, integration, TAGS, 'full', [[]]);
    const pass = await commit(await begin('delta'), ['a'], 'page 2');
    await fail(pass);
    return pass;
  };

  test('at its cursor, with its window and its start, so that one page per try is enough', async () => {
    const before = await failedDelta();
    const second = await begin('delta');
    expect(second).toMatchObject({
      kind: 'delta',
      cursor: 'page 2',
      pages: 1,
      created: 1,
      updated_after: before.updated_after,
      started_at: before.started_at,
    });
    await fail(await commit(second, ['b'], 'page 3'));
    await commit(await begin('delta'), ['c'], null);
    expect(await readWatermark(store, integration, TAGS)).toEqual(before.started_at);
  });

  test('(I6) and another delta is owed, because a change may be on a page that was read already', async () => {
    await failedDelta();
    const { paid } = await commitPage(store, await begin('delta'), makePage(TAGS, []), PLAIN);
    expect(paid).toMatchObject({ owes: true });
    expect(await owed()).toContain('delta');
    const next = await commitPage(store, await begin('delta'), makePage(TAGS, []), PLAIN);
    expect(next).toMatchObject({ paid: { owes: false }, pass: { pages: 1 } });
  });

  test('(I25) even if a full pass is owed that begins later', async () => {
    await failedDelta();
    await owe(store, integration, [{ endpoint: TAGS, kind: 'full' }]);
    expect(await begin('delta')).toMatchObject({ cursor: 'page 2' });
  });

  test('but not if a newer pass has moved the watermark, because it would read nothing new', async () => {
    await failedDelta();
    const full = await readPass(store, integration, TAGS, 'full', [[]]);
    expect(await begin('delta')).toMatchObject({ cursor: null, pages: 0, updated_after: full.started_at });
  });

  test('and its cursors may not repeat', async () => {
    await failedDelta();
    const pass = await begin('delta');
    await expect(commit(pass, ['b'], 'page 2')).rejects.toMatchObject({ errorClass: 'CursorRepeated' });
  });

  test('but not by a pass of the other kind', async () => {
    await failedDelta();
    expect(await begin('full')).toMatchObject({ cursor: null, pages: 0 });
  });
});
