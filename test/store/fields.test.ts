import { beforeEach, describe, expect, test } from 'vitest';
import { getEndpoint } from '../../src/domain/catalogue/index.ts';
import { readChoice } from '../../src/domain/fields/choice.ts';
import type { Fields } from '../../src/domain/fields/policy.ts';
import { prepareRecords } from '../../src/domain/records.ts';
import { createFields, STORES_ALL } from '../../src/kombo/fields.ts';
import { exactNumber, parseExact } from '../../src/kombo/json.ts';
import { beginContent } from '../../src/store/records/begin-write.ts';
import { writeRecords } from '../../src/store/records/write-records.ts';
import { isSame, markClean, readRecordedChoice, recordChoice } from '../../src/store/state/field-choice.ts';
import { transaction } from '../../src/store/database.ts';
import { createTestStore } from '../support/database.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { ask, at, feed, iso, KEEPING, open, readRow, underWay, type Asked, type Sent } from './support.ts';

const EMPLOYEES = '/hris/employees';
const store = await createTestStore();
let integration: string;

const KEY = 'a key of tests that is long enough 1';
const choose = (exclude: string[], hash: string[] = [], key = KEY): Fields =>
  createFields(readChoice({ exclude, hash }).choice, key);
const WITHOUT_SSN = choose(['hris_employees.ssn', 'hris_employees.manager.ssn', 'hris_locations.name']);

/** Writes a page as a worker with these settings does. */
async function write(fields: Fields, records: Sent[], asked?: Asked, passId: number | null = null) {
  const place = { integrationId: integration, endpoint: getEndpoint(EMPLOYEES) };
  const results = parseExact(JSON.stringify(records)) as unknown[];
  const page = prepareRecords(place.endpoint, results, exactNumber, fields.incoming(place.endpoint));
  const when = asked ?? (await ask(store));
  return transaction(store.pool, async (client) => {
    const begun = await beginContent(client, place, fields);
    const target = { ...place, ...when, ...begun, driftBefore: null, passId };
    const options = { ...KEEPING, fields };
    return writeRecords(client, target, page.storable, page.rejected, options, false);
  });
}

const row = (id = 'e1') => readRow(store, integration, 'hris_employees', id);
const employee = (changedAt: string, ssn: string | null, more: Record<string, unknown> = {}) => ({
  id: 'e1',
  first_name: 'Ada',
  ssn,
  changed_at: iso(changedAt),
  remote_deleted_at: null,
  ...more,
});

/** The version of the row in the database, which every write changes. */
async function version(): Promise<unknown> {
  const { rows } = await store.pool.query<{ xmin: unknown }>(
    'select xmin::text from kombo.hris_employees where integration_id = $1',
    [integration],
  );
  return rows[0]?.xmin;
}

beforeEach(async () => {
  integration = uniqueIntegrationId();
  await recordChoice(store, STORES_ALL);
  await recordChoice(store, WITHOUT_SSN);
  await markClean(store, WITHOUT_SSN);
});

describe('an excluded field', () => {
  test('(I29) is in no column, not in raw, and in no rejected record', async () => {
    await write(WITHOUT_SSN, [
      employee('09:00:00', 'SECRET', { manager: { id: 'e2', ssn: 'SECRET' } }),
      { first_name: 'No id', ssn: 'SECRET', deep: [{ employee: { ssn: 'SECRET' } }] },
    ]);
    expect(await row()).toMatchObject({ ssn: null, first_name: 'Ada', manager: { id: 'e2' } });
    const { rows } = await store.pool.query<{ text: string }>(
      `select t::text as text from kombo.hris_employees t where integration_id = $1
       union all select r::text from kombo_sync.rejected_records r where integration_id = $1`,
      [integration],
    );
    expect(rows).toHaveLength(2);
    for (const { text } of rows) expect(text).not.toContain('SECRET');
  });

  test('(I29) that changes causes no write and no entry in the feed', async () => {
    await write(WITHOUT_SSN, [employee('09:00:00', '1')]);
    const before = await version();
    expect(await write(WITHOUT_SSN, [employee('10:00:00', '2')])).toMatchObject({ unchanged: 1, updated: 0 });
    expect(await version()).toBe(before);
    expect(await feed(store, integration)).toEqual(['created e1']);
    expect(await write(WITHOUT_SSN, [employee('11:00:00', '3', { first_name: 'Grace' })])).toMatchObject({
      updated: 1,
    });
    expect(await row()).toMatchObject({ first_name: 'Grace', changed_at: at('11:00:00') });
  });

  test('(I29) in a nested record causes no write, although the time of that record moves', async () => {
    const at = (time: string, name: string, type: string) =>
      employee('09:00:00', null, { work_location: { id: 'l1', name, type, changed_at: iso(time) } });
    await write(WITHOUT_SSN, [at('09:00:00', 'Secret place', 'HOME')]);
    expect(await write(WITHOUT_SSN, [at('10:00:00', 'Other place', 'HOME')])).toMatchObject({ unchanged: 1 });
    expect(await write(WITHOUT_SSN, [at('11:00:00', 'Other place', 'OFFICE')])).toMatchObject({ updated: 1 });
  });

  test('does not hide a changed time of a nested record without it, or of another object', async () => {
    const at = (custom: string, group: string) =>
      employee('09:00:00', null, {
        custom_fields: { changed_at: custom },
        groups: [{ id: 'g', changed_at: group }],
      });
    await write(WITHOUT_SSN, [at('a', 'a')]);
    expect(await write(WITHOUT_SSN, [at('b', 'a')])).toMatchObject({ updated: 1 });
    expect(await write(WITHOUT_SSN, [at('b', 'b')])).toMatchObject({ updated: 1 });
  });

  test('(I12) still distinguishes versions while another read is under way: a late older one is refused', async () => {
    await open(store, integration, EMPLOYEES, 'delta');
    await write(WITHOUT_SSN, [employee('09:00:00', '1')], underWay('09:30:00'));
    // The first name changed at ten, and was changed back at eleven together with the number.
    const counts = await write(WITHOUT_SSN, [employee('11:00:00', '2')], underWay('11:30:00'));
    expect(counts).toMatchObject({ unchanged: 1, updated: 0 });
    const late = employee('10:00:00', '1', { first_name: 'Grace' });
    expect(await write(WITHOUT_SSN, [late], underWay('10:30:00'))).toMatchObject({ stale: 1 });
    expect(await row()).toMatchObject({ first_name: 'Ada', changed_at: at('11:00:00') });
    expect(await feed(store, integration)).toEqual(['created e1']);
  });

  test('does not prevent a deletion or a return', async () => {
    await write(WITHOUT_SSN, [employee('09:00:00', '1')]);
    const gone = employee('10:00:00', '2', { remote_deleted_at: iso('10:00:00') });
    expect(await write(WITHOUT_SSN, [gone])).toMatchObject({ deleted: 1 });
    expect(await write(WITHOUT_SSN, [employee('11:00:00', '3')])).toMatchObject({ restored: 1 });
  });

  test('does not make a tombstone look emptied', async () => {
    const only = choose(['hris_employees.first_name', 'hris_employees.ssn']);
    await recordChoice(store, only);
    await markClean(store, only);
    await write(only, [employee('09:00:00', '1', { last_name: 'L' })]);
    const tombstone = employee('10:00:00', '1', { last_name: null, remote_deleted_at: iso('10:00:00') });
    // It is not emptied: Kombo still returns the first name.
    expect(await write(only, [tombstone])).toMatchObject({ deleted: 1 });
    expect(await row()).toMatchObject({ last_name: null });
  });

  test('a hash is the same in a column, in raw and in every table, and changes with its value', async () => {
    const hashed = choose([], ['hris_employees.ssn', 'hris_employees.date_of_birth']);
    await recordChoice(store, hashed);
    const born = (day: string) =>
      employee('09:00:00', '123', { date_of_birth: `${day}T00:00:00Z`, manager: { ssn: '123' } });
    await write(hashed, [born('1990-01-01')]);
    const stored = (await row()) as unknown as {
      ssn: string;
      raw: Record<string, unknown>;
      manager: { ssn: string };
    };
    expect(stored.ssn).toMatch(/^hmac-sha256:[\w-]{43}$/);
    expect(stored.manager.ssn).toBe(stored.ssn);
    // A column of type date cannot hold it.
    expect(stored).toMatchObject({ date_of_birth: null });
    expect(stored.raw['date_of_birth']).toMatch(/^hmac-sha256:/);
    expect(await write(hashed, [born('1990-01-01')])).toMatchObject({ unchanged: 1 });
    expect(await write(hashed, [born('1990-01-02')])).toMatchObject({ updated: 1 });
  });
});

describe('the choice that counts', () => {
  test('(I29) stops a worker with other settings from writing, and the error says what to do', async () => {
    for (const other of [STORES_ALL, choose(['hris_employees.ssn']), choose([], ['hris_employees.ssn'])]) {
      await expect(write(other, [employee('09:00:00', 'SECRET')])).rejects.toMatchObject({
        errorClass: 'WorkerLost',
        code: 'OtherFields',
        message: expect.stringContaining('kombo-sync setup') as string,
      });
    }
    expect(await row()).toBeUndefined();
    const otherKey = choose([], ['hris_employees.ssn'], `${KEY} and another`);
    expect(isSame(otherKey, choose([], ['hris_employees.ssn']))).toBe(false);
  });

  test('(I29) waits for pages that are being written by the earlier choice', async () => {
    await recordChoice(store, STORES_ALL);
    const place = { integrationId: integration, endpoint: getEndpoint(EMPLOYEES) };
    const order: string[] = [];
    let recording: Promise<unknown> | undefined;
    await transaction(store.pool, async (client) => {
      await beginContent(client, place, STORES_ALL);
      recording = recordChoice(store, WITHOUT_SSN).then(() => order.push('recorded'));
      await new Promise((resolve) => setTimeout(resolve, 300));
      order.push('page written');
    });
    await recording;
    expect(order).toEqual(['page written', 'recorded']);
  });

  test('is stored with whether earlier values may be left', async () => {
    expect(await readRecordedChoice(store)).toMatchObject({ isClean: true });
    // A choice that keeps out less leaves nothing to purge.
    const less = choose(['hris_employees.ssn']);
    await recordChoice(store, less);
    expect(await readRecordedChoice(store)).toMatchObject({ choice: less.choice, isClean: true });
    await recordChoice(store, WITHOUT_SSN);
    expect(await readRecordedChoice(store)).toMatchObject({ isClean: false });
    await markClean(store, less);
    expect(await readRecordedChoice(store)).toMatchObject({ isClean: false });
    await recordChoice(store, STORES_ALL);
    expect(await readRecordedChoice(store)).toMatchObject({ hashKey: null });
  });
});

test('(I29) a value that was stored before its exclusion goes with the next page of its record, without an entry in the feed', async () => {
  await recordChoice(store, STORES_ALL);
  const asked = await ask(store);
  await write(STORES_ALL, [employee('09:00:00', 'SECRET', { manager: { id: 'm', ssn: null } })], asked);
  const { observed_at, asked_seq } = (await row())!;
  await recordChoice(store, WITHOUT_SSN);
  expect(
    await write(WITHOUT_SSN, [employee('09:00:00', 'SECRET', { manager: { id: 'm', ssn: null } })]),
  ).toMatchObject({
    unchanged: 1,
  });
  const stored = await row();
  expect(JSON.stringify(stored)).not.toContain('SECRET');
  expect(stored).toMatchObject({ ssn: null, observed_at, asked_seq });
  expect(stored!['raw']).not.toHaveProperty('ssn');
  expect(await feed(store, integration)).toEqual(['created e1']);
});
