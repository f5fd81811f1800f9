import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWorld, type World } from '../conformance/support.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { readPass, sweep } from './support.ts';

const INTEGRATION = 'bombohr:ats-demo';
const PAGE = await readFile(new URL('../../docs/guarantees.md', import.meta.url), 'utf8');
const RECIPES = [...PAGE.matchAll(/```sql\n-- (.+)\n([\s\S]*?)```/g)].map(([, name, text]) => ({
  name: name!,
  text: text!,
}));

let store: TestStore;
let world: World;

beforeAll(async () => {
  store = await createTestStore();
  world = await createWorld(store);
  const { control } = world.sandbox;
  control.addIntegration({ id: INTEGRATION, category: 'ATS', scale: 0.05 });
  for (const path of ['/ats/applications', '/ats/candidates', '/ats/jobs'])
    await world.sync(INTEGRATION, path, 'full');
  const [gone, lost] = control.ids(INTEGRATION, 'ats_applications');
  control.tombstone(INTEGRATION, 'ats_applications', gone!);
  control.vanish(INTEGRATION, 'ats_applications', lost!);
  await world.sync(INTEGRATION, '/ats/applications', 'full');
  await readPass(store, INTEGRATION, '/ats/tags', 'full', [['{"no":"id"}']]);
  const missed = { id: 'missed', changed_at: '2026-01-01T00:00:00Z' };
  const found = await readPass(store, INTEGRATION, '/ats/tags', 'full', [['{"no":"id"}', missed]]);
  await sweep(store, found);
});
afterAll(async () => world.close());

/** Runs a recipe as it is on the page, and returns the rows of its last query that has any. */
async function run(name: string): Promise<Record<string, unknown>[]> {
  const recipe = RECIPES.find((one) => one.name === name)!;
  const answer = (await store.pool.query(recipe.text)) as pg.QueryResult | pg.QueryResult[];
  return [answer].flat().findLast(({ rows }) => rows.length > 0)?.rows ?? [];
}

const count = async (sql: string) =>
  (await store.pool.query<{ n: number }>(`select count(*)::int as n from ${sql}`)).rows[0]!.n;

describe('the queries of docs/guarantees.md', () => {
  test('every block of SQL has a name and a test', () => {
    expect(RECIPES).toHaveLength(PAGE.split('```sql').length - 1);
    expect(RECIPES.map(({ name }) => name)).toEqual([
      'live rows',
      'applications with candidate and job, each from its own table',
      'a field that has no column, and one inside a nested list',
      'deleted in the last week, and by whose word',
      'how old the copy of each endpoint is',
      'what was written since a moment, by the clock of this database',
      'records that could not be stored',
      'drift that should not be',
      'once: a place for the position, and in this example for the work',
      'again and again: a batch and its position, both or neither',
    ]);
  });

  test('live rows', async () => {
    const live = world.sandbox.control.ids(INTEGRATION, 'ats_applications');
    expect(new Set((await run('live rows')).map(({ id }) => id))).toEqual(new Set(live));
  });

  test('joins', async () => {
    const rows = await run('applications with candidate and job, each from its own table');
    expect(rows).toHaveLength(world.sandbox.control.ids(INTEGRATION, 'ats_applications').length);
    expect(
      rows.every(({ last_name: name, job }) => typeof name === 'string' && typeof job === 'string'),
    ).toBe(true);
  });

  test('fields in raw', async () => {
    const rows = await run('a field that has no column, and one inside a nested list');
    expect(rows[0]).toMatchObject({ email: expect.stringContaining('@') });
  });

  test('deletions', async () => {
    const rows = await run('deleted in the last week, and by whose word');
    expect(rows.map(({ known_by: by }) => by)).toEqual(expect.arrayContaining(['Kombo', 'sweep']));
    expect(rows).toHaveLength(2);
  });

  test('freshness', async () => {
    const rows = await run('how old the copy of each endpoint is');
    const read = ['/ats/applications', '/ats/candidates', '/ats/jobs', '/ats/tags'];
    expect(new Set(rows.map(({ endpoint }) => endpoint))).toEqual(new Set(read));
    expect((await run('what was written since a moment, by the clock of this database')).length).toBe(
      await count(`kombo.ats_applications where integration_id = '${INTEGRATION}'`),
    );
  });

  test('rejected records and drift', async () => {
    expect(await run('records that could not be stored')).toMatchObject([
      { endpoint: '/ats/tags', reason: 'no_id' },
    ]);
    expect(await run('drift that should not be')).toMatchObject([{ endpoint: '/ats/tags', missing: 1 }]);
  });

  test('the feed, with its position in the same transaction', async () => {
    await run('once: a place for the position, and in this example for the work');
    const all = await count('(select distinct table_name, integration_id, id from kombo_sync.changes) c');
    await run('again and again: a batch and its position, both or neither');
    expect(await count('to_index')).toBe(all);
    await run('again and again: a batch and its position, both or neither');
    const { rows } = await store.pool.query('select seq from feed_position');
    expect(rows).toEqual((await store.pool.query('select max(seq) as seq from kombo_sync.changes')).rows);
  });
});
