import { beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { getEndpoint } from '../../src/domain/catalogue/index.ts';
import { readChoice } from '../../src/domain/fields/choice.ts';
import { createFields, STORES_ALL } from '../../src/kombo/fields.ts';
import { countStored, purgeFields, setUpFields } from '../../src/operations/fields.ts';
import { countStep, purgeStep, type PurgePosition } from '../../src/store/records/field-purge.ts';
import { readRecordedChoice } from '../../src/store/state/field-choice.ts';
import { transaction } from '../../src/store/database.ts';
import { createTestStore } from '../support/database.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { ask, KEEPING, readPass, readRow, rowVersions, write } from './support.ts';

const store = await createTestStore();
const endpoint = getEndpoint('/hris/employees');
const fields = createFields(
  readChoice({
    exclude: ['hris_employees.ssn'],
    hash: ['hris_employees.tax_id', 'hris_employees.date_of_birth'],
  }).choice,
  'a key of tests that is long enough 1',
);
const policy = fields.stored(endpoint)!;
const config = loadConfig({});
const actor = { name: 'tester', source: 'cli', address: null } as const;
let integration: string;

const employee = (id: string) => ({
  id,
  ssn: 'SECRET',
  tax_id: '12.50',
  date_of_birth: '1990-01-01T00:00:00Z',
  weekly_hours: 40.1,
});
const held = async () => (await countStored({ store, fields })).values;

beforeEach(async () => {
  await store.pool.query('truncate kombo.hris_employees, kombo_sync.rejected_records');
  await setUpFields({ store, fields: STORES_ALL });
  integration = uniqueIntegrationId();
  await readPass(store, integration, '/hris/employees', 'full', [
    Array.from({ length: 1_200 }, (_, index) => employee(`e${index}`)),
  ]);
  await setUpFields({ store, fields });
});

describe('a purge', () => {
  test('(I29) that is killed half-way continues with the rest', async () => {
    let position: PurgePosition | null = (await purgeStep(store, endpoint, policy, null)).next;
    expect(position).not.toBeNull();
    const left = await held();
    expect(left).toBe(3 * (1_200 - 500));
    // The process is gone, and another one begins again.
    position = null;
    const again = await purgeStep(store, endpoint, policy, position);
    expect(again).toMatchObject({ rows: 500, values: 0, hits: 0 });
    expect(await purgeFields({ config, store, fields, actor })).toMatchObject({
      values: left,
      complete: true,
    });
    expect(await held()).toBe(0);
    expect(await readRecordedChoice(store)).toMatchObject({ isClean: true });
  });

  test('that is stopped between two steps is not reported as complete', async () => {
    const stop = new AbortController();
    const walking = { signal: stop.signal, report: () => stop.abort(new Error('Stopped.')) };
    await expect(purgeFields({ config, store, fields, actor }, walking)).rejects.toThrow('Stopped.');
    expect(await readRecordedChoice(store)).toMatchObject({ isClean: false });
    expect(await countStored({ store, fields }, { boundMs: -1 })).toMatchObject({ complete: false });
  });

  test('writes hashes to raw and to columns of text, and leaves everything else exact', async () => {
    await purgeFields({ config, store, fields, actor });
    const row = await readRow(store, integration, 'hris_employees', 'e1');
    expect(row).toMatchObject({ ssn: null, date_of_birth: null, weekly_hours: '40.1' });
    expect(row!['tax_id']).toMatch(/^hmac-sha256:/);
    expect(row!.raw['tax_id']).toBe(row!['tax_id']);
    expect(row!.raw['date_of_birth']).toMatch(/^hmac-sha256:/);
    const before = await rowVersions(store, 'hris_employees');
    expect(await purgeFields({ config, store, fields, actor })).toMatchObject({ values: 0 });
    expect(await rowVersions(store, 'hris_employees')).toEqual(before);
  });

  test('waits for a page of the same integration, and purges what that wrote', async () => {
    let purging: Promise<unknown> | undefined;
    await transaction(store.pool, async (client) => {
      await client.query(`select kombo_sync.begin_write($1)`, [`hris_employees ${integration}`]);
      purging = purgeStep(store, endpoint, policy, null);
      await new Promise((resolve) => setTimeout(resolve, 200));
      await client.query(
        `update kombo.hris_employees set raw = raw || '{"ssn": "LATE"}', ssn = 'LATE' where integration_id = $1 and id = 'e1'`,
        [integration],
      );
    });
    await purging;
    expect(JSON.stringify(await readRow(store, integration, 'hris_employees', 'e1'))).not.toContain('LATE');
  });

  test('also purges the bodies of rejected records', async () => {
    await setUpFields({ store, fields: STORES_ALL });
    const place = [store, integration, '/hris/employees'] as const;
    await write(...place, [{ ssn: 'SECRET', name: 'No id' }], await ask(store), {
      ...KEEPING,
      fields: STORES_ALL,
    });
    await setUpFields({ store, fields });
    expect(await countStep(store, endpoint, policy, null)).toMatchObject({ rows: 500 });
    const { tables } = await purgeFields({ config, store, fields, actor });
    expect(tables).toContainEqual({ table: 'rejected_records', rows: 1, values: 1 });
    const { rows } = await store.pool.query<{ body: string }>('select body from kombo_sync.rejected_records');
    expect(rows.map(({ body }) => JSON.parse(body) as unknown)).toEqual([{ name: 'No id' }]);
  });
});

test('a table that never held such a value is clean at once; one with nulls only is not', async () => {
  await store.pool.query('truncate kombo.hris_employees');
  expect(await setUpFields({ store, fields: STORES_ALL })).toMatchObject({ changed: true });
  await setUpFields({ store, fields });
  expect(await readRecordedChoice(store)).toMatchObject({ isClean: true });
  await setUpFields({ store, fields: STORES_ALL });
  await readPass(store, integration, '/hris/employees', 'full', [[{ id: 'e', ssn: null }]]);
  expect(await setUpFields({ store, fields })).toMatchObject({
    stored: { values: 0, complete: true },
  });
  expect(await readRecordedChoice(store)).toMatchObject({ isClean: false });
});
