import { beforeEach, describe, expect, test } from 'vitest';
import { commitPage } from '../../src/store/records/commit-page.ts';
import { findCandidates, nextCandidates, settleCandidates } from '../../src/store/records/sweep.ts';
import { createTestStore } from '../support/database.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import {
  ERASING,
  PLAIN,
  ask,
  at,
  feed,
  iso,
  makePage,
  open,
  readPass,
  readRow,
  rowVersions,
  sweep,
  write,
  type Asked,
  type Sent,
} from './support.ts';

const TAGS = '/ats/tags';
const store = await createTestStore();
let integration: string;

beforeEach(() => {
  integration = uniqueIntegrationId();
});

const read = (kind: 'delta' | 'full', ...records: Sent[]) =>
  readPass(store, integration, TAGS, kind, [records]);
const late = (asked: Asked, record: Sent, options = PLAIN) =>
  write(store, integration, TAGS, [record], asked, options);
const row = () => readRow(store, integration, 'ats_tags', 'a');
const tag = (changedAt: string, name: string | null, deletedAt?: string) => ({
  id: 'a',
  name,
  changed_at: iso(changedAt),
  remote_deleted_at: deletedAt === undefined ? null : iso(deletedAt),
});
const NEW = tag('10:00:00', 'new');
/** What Kombo returns after it was restored from a backup. */
const BACK = tag('09:00:00', 'back');

describe('Kombo goes back in time (I12)', () => {
  test.each(['full', 'delta'] as const)('a %s pass writes an older changed_at', async (kind) => {
    await read('full', NEW);
    expect(await read(kind, BACK)).toMatchObject({ kind, updated: 1, stale: 0 });
    expect(await row()).toMatchObject({ name: 'back', raw: BACK, changed_at: at('09:00:00') });
    expect(await read(kind, BACK)).toMatchObject({ updated: 0, unchanged: 1 });
    expect(await feed(store, integration)).toEqual(['created a', 'updated a']);
  });

  test('the answer to a sweep writes an older changed_at', async () => {
    await read('full', NEW);
    expect(await sweep(store, await read('full'), () => [BACK])).toMatchObject({ updated: 1 });
    expect(await row()).toMatchObject({ name: 'back', changed_at: at('09:00:00') });
  });

  test('a record is no longer deleted, or deleted again with its earlier time', async () => {
    await read('full', tag('10:00:00', 'new', '10:00:00'));
    expect(await read('full', BACK)).toMatchObject({ restored: 1 });
    expect(await row()).toMatchObject({ name: 'back', deleted_at: null, remote_deleted_at: null });
    expect(await read('full', tag('08:00:00', 'gone', '08:00:00'))).toMatchObject({ deleted: 1 });
    expect(await row()).toMatchObject({ deleted_at: at('08:00:00'), changed_at: at('08:00:00') });
  });

  test('an emptied tombstone is written with its own times', async () => {
    await read('full', NEW);
    expect(await read('full', tag('09:00:00', null, '09:00:00'))).toMatchObject({ deleted: 1 });
    expect(await row()).toMatchObject({
      name: 'new',
      changed_at: at('09:00:00'),
      deleted_at: at('09:00:00'),
    });
  });

  test('a record on two pages is stored as on the later one', async () => {
    let pass = await open(store, integration, TAGS, 'full');
    const first = makePage(TAGS, [NEW], { next: 'p2', asked: await ask(store) });
    const begun: number[] = [];
    ({ pass } = await commitPage(store, pass, first, PLAIN, (seq) => begun.push(seq)));
    expect(begun).toHaveLength(1);
    // The second page was asked for when the write of the first one began.
    const asked = { observedAt: new Date(), askedSeq: begun[0]! };
    ({ pass } = await commitPage(store, pass, makePage(TAGS, [BACK], { asked }), PLAIN));
    expect(pass).toMatchObject({ created: 1, updated: 1, stale: 0 });
  });
});

describe('a late answer (I12)', () => {
  test('is stale if it is older, even after the stored record was read again', async () => {
    const before = await ask(store);
    await read('full', NEW);
    await read('full', NEW);
    expect(await late(before, BACK)).toMatchObject({ stale: 1 });
    expect(await row()).toMatchObject({ name: 'new' });
  });

  test('with nested changes is older if it was asked for earlier', async () => {
    const before = await ask(store);
    await read('full', NEW);
    expect(await late(before, { ...NEW, name: 'old' })).toMatchObject({ stale: 1 });
  });

  test('is written if it has a newer changed_at, because Kombo may have built it later', async () => {
    const before = await ask(store);
    await read('full', BACK);
    expect(await late(before, NEW)).toMatchObject({ updated: 1 });
    // If Kombo had gone back meanwhile, this was wrong. The next pass is asked for later and repairs it.
    expect(await read('full', BACK)).toMatchObject({ updated: 1 });
    expect(await row()).toMatchObject({ name: 'back' });
  });

  test('from between two equal states is repaired by the next pass', async () => {
    await read('full', NEW);
    const between = await ask(store);
    const before = await rowVersions(store, 'ats_tags');
    await read('full', NEW);
    expect(await rowVersions(store, 'ats_tags')).toEqual(before);
    expect(await late(between, BACK)).toMatchObject({ updated: 1 });
    expect(await read('full', NEW)).toMatchObject({ updated: 1 });
    expect(await row()).toMatchObject({ name: 'new' });
  });

  test('that is an emptied tombstone does not delete a record that was asked for after it', async () => {
    const before = await ask(store);
    await read('full', BACK);
    const emptied = tag('10:00:00', null, '10:00:00');
    expect(await late(before, emptied)).toMatchObject({ deleted: 0, unchanged: 1 });
    expect(await row()).toMatchObject({ name: 'back', deleted_at: null });
    const options = ERASING;
    expect(await late(await ask(store), tag('08:00:00', null, '08:00:00'), options)).toMatchObject({
      deleted: 1,
    });
    expect(await row()).toMatchObject({ name: null, deleted_at: at('08:00:00') });
  });

  test('of a sweep does not delete a record that was asked for after it', async () => {
    await read('full', NEW);
    const pass = await findCandidates(store, await read('full'), { maxShare: 0.3, allowMassDeletion: false });
    const asked = await nextCandidates(store, pass, 10);
    const answer = { asked, returned: [], unreadable: [], ...(await ask(store)) };
    await read('delta', BACK);
    expect(await settleCandidates(store, pass, answer, PLAIN)).toMatchObject({ deleted: 0 });
    expect(await row()).toMatchObject({ name: 'back', deleted_at: null });
  });

  test('of a record does not undo a sweep that was asked for after it', async () => {
    await read('full', BACK);
    const before = await ask(store);
    await sweep(store, await read('full'));
    expect(await late(before, NEW)).toMatchObject({ stale: 1 });
    expect(await read('delta', tag('08:00:00', 'back again'))).toMatchObject({ restored: 1 });
  });
});
