import { beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { checkPostgres } from '../../src/doctor/postgres.ts';
import { openStore, type Store } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { eraseSome } from '../../src/store/records/erase.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { remove } from '../../src/store/state/life.ts';
import { prune } from '../../src/store/state/retention.ts';
import { runCommand } from '../cli/run-command.ts';
import { pageReader } from '../http/page-reader.ts';
import { createEmptyStore, type TestStore } from '../support/database.ts';
import { readPass, sweep } from './support.ts';

const TAGS = '/ats/tags';
const ID = 'bombohr:1';
/** Names that contain the usual ones. */
const SCHEMAS = { data: 'kombo_hr', service: 'my_kombo_sync' };
const STANDARD = /\bkombo(_sync|_live)?\.[a-z]|schema kombo(_sync|_live)?\b/;

let empty: TestStore;
let store: Store;
beforeAll(async () => {
  empty = await createEmptyStore();
  store = openStore(empty.url, { schemas: SCHEMAS, max: 4 });
  await migrate(store);
  await saveIntegration(store, { id: ID, tool: 'bombohr', category: 'ATS' });
  await readPass(store, ID, TAGS, 'full', [[{ id: 'a' }, { id: 'b' }]]);
  return () => store.close();
});

const settings = () => ({
  DATABASE_URL: empty.url,
  DATA_SCHEMA: SCHEMAS.data,
  SERVICE_SCHEMA: SCHEMAS.service,
});

test('with other schema names, the page of an integration shows its tables', async () => {
  const read = await pageReader(store);
  const { status, text } = await read(`/integrations/${ID}`);
  expect(status).toBe(200);
  expect(text).toContain('kombo_hr.ats_tags');
  expect(text).not.toMatch(STANDARD);
  expect((await read('/')).status).toBe(200);
});

test('with other schema names, doctor checks them and names what is missing', async () => {
  const checks = async () => (await checkPostgres(loadConfig(settings()))).checks;
  expect((await checks()).filter(({ status }) => status !== 'ok')).toEqual([]);
  await empty.pool.query('alter table kombo_hr.ats_tags drop column remote_id cascade');
  expect(await checks()).toContainEqual(
    expect.objectContaining({
      message: '2 are missing: kombo_hr.ats_tags (remote_id), kombo_hr_live.ats_tags',
    }),
  );
  await migrate(store);
});

test('with other schema names, commands find the feed, and its tables by both names', async () => {
  for (const table of ['ats_tags', 'kombo_hr.ats_tags']) {
    const { code, stdout } = await runCommand(['changes', '--table', table, '--json'], settings());
    expect({ code, changes: (JSON.parse(stdout) as { changes: unknown[] }).changes.length }).toEqual({
      code: 0,
      changes: 2,
    });
  }
  const { stderr } = await runCommand(['changes', '--after', '900'], settings());
  expect(stderr).toMatch(/^The change feed ends before position 900\./);
  expect(stderr).not.toMatch(STANDARD);
});

test('with other schema names, rows are deleted, pruned and erased', async () => {
  const pass = await readPass(store, ID, TAGS, 'full', [[{ id: 'a' }]]);
  expect(await sweep(store, pass)).toMatchObject({ sweep_state: 'done', sweep_deleted: 1 });
  await prune(store, { changesMs: 0, historyMs: 0 });
  await remove(store, ID, { code: 'Removed', message: 'a test', at: new Date() });
  while (await eraseSome(store, ID));
  const { rows } = await empty.pool.query('select id from kombo_hr.ats_tags');
  expect(rows).toEqual([]);
});
