import { beforeEach, describe, expect, test } from 'vitest';
import { createTestStore } from '../support/database.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import {
  ERASING,
  PLAIN,
  at,
  feed,
  iso,
  readRow,
  rowVersions,
  underWay,
  write,
  type Sent,
} from './support.ts';

const store = await createTestStore();
let integration: string;

beforeEach(() => {
  integration = uniqueIntegrationId();
});

const send = (time: string, records: Sent[], options = PLAIN) =>
  write(store, integration, '/ats/tags', records, underWay(time), options);
const row = () => readRow(store, integration, 'ats_tags', 'a');

const live = (time = '09:00:00') => ({
  id: 'a',
  name: 'Referral',
  changed_at: iso(time),
  remote_deleted_at: null,
});
const tombstone = { ...live('10:00:00'), remote_deleted_at: iso('10:00:00') };
const emptied = { ...tombstone, name: null, remote_data: {} };

describe('deletions (I14)', () => {
  test('a tombstone is a soft delete that keeps the fields', async () => {
    await send('09:30:00', [live()]);
    expect(await send('10:30:00', [tombstone])).toMatchObject({ deleted: 1 });
    expect(await row()).toMatchObject({
      name: 'Referral',
      deleted_at: at('10:00:00'),
      remote_deleted_at: at('10:00:00'),
    });
    expect(await feed(store, integration)).toEqual(['created a', 'deleted a']);
  });

  test('a tombstone of an unknown record is stored as deleted, not as created', async () => {
    expect(await send('10:30:00', [tombstone])).toMatchObject({ deleted: 1, created: 0 });
    expect(await feed(store, integration)).toEqual(['deleted a']);
  });

  test('a record that returns is undeleted', async () => {
    await send('10:30:00', [tombstone]);
    expect(await send('11:30:00', [live('11:00:00')])).toMatchObject({ restored: 1 });
    expect(await row()).toMatchObject({ deleted_at: null, remote_deleted_at: null });
    expect(await feed(store, integration)).toEqual(['deleted a', 'restored a']);
  });

  test('a record that returns with the same changed_at is undeleted', async () => {
    await send('10:30:00', [tombstone]);
    expect(await send('11:30:00', [live('10:00:00')])).toMatchObject({ restored: 1 });
  });

  test('an older live answer does not undelete a record', async () => {
    await send('10:30:00', [tombstone]);
    expect(await send('09:30:00', [live()])).toMatchObject({ stale: 1 });
    expect(await row()).toMatchObject({ deleted_at: at('10:00:00') });
  });
});

describe('emptied tombstones (I14)', () => {
  test('keep the fields', async () => {
    await send('09:30:00', [live()]);
    await send('10:30:00', [tombstone]);
    const before = await rowVersions(store, 'ats_tags');
    expect(await send('12:00:00', [emptied])).toMatchObject({ unchanged: 1, updated: 0 });
    expect(await rowVersions(store, 'ats_tags')).toEqual(before);
    expect(await row()).toMatchObject({ name: 'Referral', deleted_at: at('10:00:00') });
  });

  test('delete a record whose full tombstone was never seen, and keep its fields', async () => {
    await send('09:30:00', [live()]);
    expect(await send('12:00:00', [emptied])).toMatchObject({ deleted: 1 });
    expect(await row()).toMatchObject({
      name: 'Referral',
      raw: { name: 'Referral' },
      deleted_at: at('10:00:00'),
    });
    expect(await feed(store, integration)).toEqual(['created a', 'deleted a']);
  });

  test('report a later deletion than the stored one, once', async () => {
    await send('09:30:00', [live()]);
    await send('10:30:00', [tombstone]);
    const again = { ...emptied, remote_deleted_at: iso('11:00:00') };
    expect(await send('12:00:00', [again])).toMatchObject({ updated: 1, deleted: 0 });
    expect(await send('13:00:00', [again])).toMatchObject({ unchanged: 1 });
    expect(await row()).toMatchObject({ name: 'Referral', deleted_at: at('11:00:00') });
    expect(await send('11:30:00', [emptied])).toMatchObject({ unchanged: 1 });
  });

  test('do not delete a record that has returned meanwhile', async () => {
    await send('13:00:00', [live('12:30:00')]);
    expect(await send('12:00:00', [emptied])).toMatchObject({ deleted: 0 });
    expect(await row()).toMatchObject({ deleted_at: null });
  });

  test('of an unknown record are stored as they are', async () => {
    expect(await send('12:00:00', [emptied])).toMatchObject({ deleted: 1 });
    expect(await row()).toMatchObject({ name: null, deleted_at: at('10:00:00') });
  });

  test('erase the fields with ERASE_EMPTIED, once', async () => {
    await send('09:30:00', [live()]);
    await send('10:30:00', [tombstone]);
    expect(await send('12:00:00', [emptied], ERASING)).toMatchObject({ updated: 1 });
    expect(await row()).toMatchObject({ name: null, raw: { name: null }, deleted_at: at('10:00:00') });
    expect(await send('13:00:00', [emptied], ERASING)).toMatchObject({ unchanged: 1 });
  });

  test('are undone by a record that returns, with all its fields', async () => {
    await send('12:00:00', [emptied], ERASING);
    expect(await send('14:00:00', [live('13:30:00')], ERASING)).toMatchObject({ restored: 1 });
    expect(await row()).toMatchObject({ name: 'Referral', deleted_at: null });
  });
});
