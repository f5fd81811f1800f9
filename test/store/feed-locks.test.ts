import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { getEndpoint } from '../../src/domain/catalogue/index.ts';
import { ChangesRemoved, latestPosition, readChanges } from '../../src/store/feed.ts';
import { beginWrite } from '../../src/store/records/begin-write.ts';
import { writeRecords } from '../../src/store/records/write-records.ts';
import { createTestStore } from '../support/database.ts';
import { createRole } from '../support/roles.ts';
import { ask, makePage, PLAIN, write } from './support.ts';

const TAGS = '/ats/tags';
const store = await createTestStore();
const role = await createRole(store);
const reader = new pg.Client(role.url);

beforeAll(async () => {
  await store.pool.query(
    `grant usage on schema kombo, kombo_sync to ${role.name};
     grant select on all tables in schema kombo, kombo_sync to ${role.name};
     grant select on all sequences in schema kombo_sync to ${role.name}`,
  );
  await reader.connect();
});

afterAll(async () => {
  await reader.end();
  await store.pool.query(`drop owned by ${role.name}`);
});

const send = async (to: string, id: string) => write(store, to, TAGS, [{ id }], await ask(store));
const last = async () => {
  const { rows } = await store.pool.query<{ seq: number }>(
    'select last_value as seq from kombo_sync.changes_seq_seq',
  );
  return rows[0]!.seq;
};

/** Lock numbers with which writers of the feed announce themselves, or did in an earlier version. */
const CLASSES = ['7105', `'kombo_sync.changes'::regclass::oid::integer`];

describe('a role that can only read', () => {
  test('cannot hold back the feed, whichever number it locks', async () => {
    const start = await latestPosition(store);
    for (const one of CLASSES) await reader.query(`select pg_advisory_lock_shared(${one}, 1)`);
    try {
      await send('bombohr:1', 'a');
      const { changes } = await readChanges(store, { after: start, limit: 10 });
      expect(changes.map(({ id }) => id)).toEqual(['a']);
    } finally {
      await reader.query('select pg_advisory_unlock_all()');
    }
  });

  test('cannot stop writers, whichever number it locks, and no change is skipped', async () => {
    const start = await latestPosition(store);
    const near = `generate_series(${await last()} - 20, ${await last()} + 20) as number`;
    for (const one of CLASSES)
      await reader.query(`select pg_advisory_lock(${one}, number::integer) from ${near}`);
    const client = await store.pool.connect();
    try {
      await client.query('begin');
      const place = { integrationId: 'bombohr:2', endpoint: getEndpoint(TAGS) };
      const arrivedSeq = await beginWrite(client, place);
      const target = { ...place, ...(await ask(store)), arrivedSeq, driftBefore: null, passId: null };
      await writeRecords(client, target, makePage(TAGS, [{ id: 'slow' }]).storable, [], PLAIN, false);
      await send('bombohr:3', 'fast');
      expect((await readChanges(store, { after: start, limit: 10 })).changes).toEqual([]);
      await client.query('commit');
      const { changes } = await readChanges(store, { after: start, limit: 10 });
      expect(changes.map(({ id }) => id)).toEqual(['slow', 'fast']);
    } finally {
      client.release();
      await reader.query('select pg_advisory_unlock_all()');
    }
  });

  test('cannot stop the pages of an integration', async () => {
    await reader.query(`select pg_advisory_lock(hashtextextended('ats_tags bombohr:4', 7105))`);
    try {
      expect(await send('bombohr:4', 'a')).toMatchObject({ created: 1 });
    } finally {
      await reader.query('select pg_advisory_unlock_all()');
    }
  });

  test.each([
    'do $$ begin lock table kombo_sync.changes in row exclusive mode; end $$',
    'select from kombo_sync.writers for update',
    'select from kombo_sync.writers for share',
    `select kombo_sync.begin_write('ats_tags bombohr:5')`,
  ])('cannot take the locks of a writer: %s', async (statement) => {
    await expect(reader.query(statement)).rejects.toMatchObject({ code: '42501' });
  });

  test('reads the feed', async () => {
    const { rows } = await reader.query<{ id: string }>(
      'select id from kombo_sync.read_changes(0) where id = $1',
      ['slow'],
    );
    expect(rows).toEqual([{ id: 'slow' }]);
  });
});

describe('a position that was lost, for example by a failover to a replica that was behind', () => {
  test('is refused, because the next changes would be skipped', async () => {
    const after = String((await last()) + 1);
    const reading = readChanges(store, { after, limit: 10 });
    await expect(reading).rejects.toThrow(ChangesRemoved);
    await expect(reading).rejects.toThrow(
      new RegExp(`^The change feed ends before position ${after}\\. The database has lost changes`),
    );
    await expect(reader.query('select * from kombo_sync.read_changes($1)', [after])).rejects.toMatchObject({
      code: 'KS002',
      hint: expect.stringContaining('kombo_sync.changes_oldest()') as string,
    });
  });

  test('is not the last position', async () => {
    const after = String(await last());
    expect(await readChanges(store, { after, limit: 10 })).toEqual({ changes: [], position: after });
  });
});
