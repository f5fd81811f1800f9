import { beforeEach, expect, test } from 'vitest';
import { getEndpoint } from '../../src/domain/catalogue/index.ts';
import { readChanges } from '../../src/store/feed.ts';
import { eraseRecord } from '../../src/store/records/erase-records.ts';
import { createTestStore } from '../support/database.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { ask, ERASING, iso, PLAIN, readPass, sweep, write, type Sent } from './support.ts';

const APPLICATIONS = '/ats/applications';
const store = await createTestStore();
let integration: string;

beforeEach(() => {
  integration = uniqueIntegrationId();
});

const send = async (records: Sent[], options = PLAIN) =>
  write(store, integration, APPLICATIONS, records, await ask(store), options);

let moves = 0;
const application = (fields: Record<string, unknown> = {}) => ({
  id: 'a',
  outcome: 'PENDING',
  current_stage_id: 'interview',
  rejected_at: null,
  candidate: { id: 'c', tags: [{ name: 'remote' }] },
  changed_at: iso(`10:00:${String((moves += 1)).padStart(2, '0')}`),
  remote_deleted_at: null,
  ...fields,
});

async function told(): Promise<[string, string[] | null][]> {
  const { changes } = await readChanges(store, { after: '0', limit: 1_000, integrationId: integration });
  return changes.map(({ op, changedFields }) => [op, changedFields && changedFields.toSorted()]);
}

test('a change names the fields that have another value, and nothing else', async () => {
  await send([application()]);
  await send([application({ current_stage_id: 'offer' })]);
  await send([application({ current_stage_id: null, rejected_at: iso('09:00:00'), outcome: 'DECLINED' })]);
  expect(await told()).toEqual([
    ['created', null],
    ['updated', ['current_stage_id']],
    ['updated', ['current_stage_id', 'outcome', 'rejected_at']],
  ]);
});

test('of a nested change the field that holds it is named', async () => {
  await send([application()]);
  await send([application({ candidate: { id: 'c', tags: [{ name: 'on site' }] } })]);
  expect(await told()).toEqual([
    ['created', null],
    ['updated', ['candidate']],
  ]);
});

test('fields that Kombo does not document are named too, as they come and change', async () => {
  await send([application({ 'news{"}': 1 })]);
  await send([application({ 'news{"}': 2, more: [] })]);
  await send([application({ 'news{"}': null, outcome: 'HIRED' })]);
  expect((await told()).slice(1)).toEqual([
    ['updated', ['more', 'news{"}']],
    ['updated', ['news{"}', 'outcome']],
  ]);
});

test('a field is named although its values do not fit its column', async () => {
  await send([application({ rejected_at: 'one day' })]);
  await send([application({ rejected_at: 'another day', outcome: 'HIRED' })]);
  await send([application({ rejected_at: iso('09:00:00'), outcome: 'HIRED' })]);
  expect((await told()).slice(1)).toEqual([
    ['updated', ['outcome', 'rejected_at']],
    ['updated', ['rejected_at']],
  ]);
});

test('a record that only was touched has changed no field', async () => {
  await send([application()]);
  await send([application()]);
  expect((await told()).slice(1)).toEqual([['updated', []]]);
});

test('a deletion and a return name what came with them', async () => {
  await send([application()]);
  await send([application({ remote_deleted_at: iso('12:00:00') })]);
  await send([application({ outcome: 'HIRED' })]);
  expect((await told()).slice(1)).toEqual([
    ['deleted', ['remote_deleted_at']],
    ['restored', ['outcome', 'remote_deleted_at']],
  ]);
});

test('a tombstone that came emptied names the deletion alone, as long as the rest is kept', async () => {
  const emptied = { id: 'a', changed_at: iso('12:00:00'), remote_deleted_at: iso('12:00:00') };
  await send([application()]);
  await send([emptied]);
  expect((await told()).slice(1)).toEqual([['deleted', ['remote_deleted_at']]]);
  await send([emptied], ERASING);
  expect((await told()).slice(2)).toEqual([['updated', ['candidate', 'current_stage_id', 'outcome']]]);
});

test('what a sweep finds gone has changed no field, and what is erased names none', async () => {
  await send([application()]);
  await sweep(store, await readPass(store, integration, APPLICATIONS, 'full', [[]]), undefined, {
    allowMassDeletion: true,
  });
  await eraseRecord(store, integration, getEndpoint(APPLICATIONS), 'a');
  expect((await told()).slice(1)).toEqual([
    ['deleted', []],
    ['erased', null],
  ]);
});
