import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { getEndpoint } from '../../src/domain/catalogue/index.ts';
import { prepareRecords, ScannedRecord } from '../../src/domain/records.ts';
import { exactNumber, parseExact } from '../../src/kombo/json.ts';
import { readListing } from '../../src/kombo/listing.ts';
import { commitPage } from '../../src/store/records/commit-page.ts';
import { createTestStore } from '../support/database.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { ask, open, PLAIN, readRow, rejected } from './support.ts';

/*
 * Ordinary records are stored as the bytes that came, odd ones as they were parsed and written again. Nothing may tell from a row
 * which way its record went.
 */

const ABSENCES = '/hris/absences';
const endpoint = getEndpoint(ABSENCES);
const store = await createTestStore();

const answerOf = (records: readonly string[]) => `{"data":{"next":null,"results":[${records.join(',')}]}}`;
const scan = (answer: string) => readListing(Buffer.from(answer), endpoint);
const resultsOf = (listing: unknown) => (listing as { data: { results: unknown[] } }).data.results;

/** Commits a page that was read in one of the ways. */
async function commitResults(integrationId: string, results: unknown[]) {
  const pass = await open(store, integrationId, ABSENCES, 'full');
  const prepared = prepareRecords(endpoint, results, exactNumber);
  const asked = await ask(store);
  const page = {
    ...prepared,
    ...asked,
    results: results.length,
    next: null,
    clockCorrectionMs: 0,
    komboAskedAt: null,
  };
  const { pass: done } = await commitPage(store, pass, page, PLAIN);
  const { records, created, deleted, rejected: refused } = done;
  return { records, created, deleted, refused };
}

async function contentOf(integrationId: string): Promise<unknown[]> {
  const { rows } = await store.pool.query(
    `select to_jsonb(t) - '{integration_id,observed_at,asked_seq,arrived_seq}'::text[] as row, raw::text as raw
     from kombo.hris_absences t where integration_id = $1 order by id`,
    [integrationId],
  );
  const feed = await store.pool.query(
    'select id, op from kombo_sync.changes where integration_id = $1 order by id',
    [integrationId],
  );
  // The body of what is set aside may differ in the order of its keys, and with it the hash.
  const aside = (await rejected(store, integrationId)).map(({ id, reason, times }) => ({
    id,
    reason,
    times,
  }));
  return [rows, feed.rows, aside];
}

const KEYS = [
  'remote_id',
  'amount',
  'start_half_day',
  'remote_created_at',
  'changed_at',
  'remote_deleted_at',
  'remote_data',
  'type',
  'unit',
  'id',
  '__proto__',
  '7',
  '',
  'i\\u0064',
  'k\\u0000',
  'zwölf 😀',
  'nested',
];
const TEXTS = [
  '""',
  '"a"',
  '"\\u0000"',
  '"\\\\u0000"',
  '"\\ud800"',
  '"\\ud83d\\ude00"',
  '"\\\\ud800"',
  '"zwölf 😀"',
  '"\\n\\"}],{"',
  '"2026-03-01T09:30:00.000Z"',
  '"2026-02-29T09:30:00.000Z"',
  '"2024-02-29"',
  '"0000-01-01T00:00:00.000Z"',
  '"2026-03-31 09:30+02"',
  '"2026-13-01T09:30:00.000Z"',
  '"2026-03-01T24:30:00.000Z"',
];
const NUMBERS = [
  '0',
  '-0',
  '7',
  '-0.5',
  '1.0',
  '0.50',
  '12345678901234567890',
  '0.1234567890123456789',
  '1E5',
  '2e-3',
  '1e999999',
];
const SPACES = ['', ' ', '\n\t'];

const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...TEXTS, ...NUMBERS, 'true', 'false', 'null', '[]', '{}'),
    fc.array(tie('value'), { maxLength: 3 }).map((values) => `[${values.join(' ,')}]`),
    fc
      .array(fc.tuple(fc.constantFrom(...KEYS), tie('value')), { maxLength: 3 })
      .map((members) => `{${members.map(([key, one]) => `"${key}":${one}`).join(',')}}`),
  ),
}));
const record = fc
  .tuple(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom('"id":"a"', '"id":"b"', '"id":"c"', '"id":"zwölf"') },
      { weight: 1, arbitrary: fc.constantFrom('"id":5', '"id":-0', '"id":null', '"x":1') },
    ),
    fc.array(fc.tuple(fc.constantFrom(...KEYS.filter((key) => key !== 'id')), value), { maxLength: 4 }),
    fc.constantFrom(...SPACES),
    fc.nat(4),
  )
  .map(([id, members, space, place]) => {
    const texts = members.map(([key, one]) => `"${key}"${space}:${space}${one}`);
    return `{${space}${texts.toSpliced(place, 0, id).join(`${space},${space}`)}${space}}`;
  });

/** The first value is too large for Postgres, the second one counts. */
const KEPT = ['{"id":"a","nested":1e999999,"nested":""}', '{"id":"b","nested":{"x":[1E999999],"x":1}}'];
/** Which record this is, the number beside it must not decide. */
const BESIDE = ['{"id":"a","amount":1E5}', '{"id":-0}', '{"id":"b"}'];

test('property (I13): a record leaves the same row, change and verdict, as bytes and parsed', async () => {
  let scanned = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 6 }), async (records) => {
      const answer = answerOf(records);
      const results = resultsOf(scan(answer));
      scanned += results.filter((result) => result instanceof ScannedRecord).length;
      const [asBytes, parsed] = [uniqueIntegrationId(), uniqueIntegrationId()];
      const counts = await commitResults(asBytes, results);
      expect(counts).toEqual(await commitResults(parsed, resultsOf(parseExact(answer))));
      expect(await contentOf(asBytes)).toEqual(await contentOf(parsed));
    }),
    { numRuns: 80, examples: [[KEPT], [BESIDE]] },
  );
  expect(scanned).toBeGreaterThan(30);
});

test('a record that is no JSON is an answer that is not whole: nothing of its page is written', async () => {
  const integration = uniqueIntegrationId();
  const results = resultsOf(scan(answerOf(['{"id":"a"}', '{"id":"b","amount":nothing}'])));
  await expect(commitResults(integration, results)).rejects.toMatchObject({
    errorClass: 'Unavailable',
    what: 'Kombo answered /hris/absences with an answer that is not whole.',
  });
  expect(await readRow(store, integration, 'hris_absences', 'a')).toBeUndefined();
});

test('a page that is larger than the driver may copy arrives whole', async () => {
  const integration = uniqueIntegrationId();
  const note = 'zwölf 😀 '.repeat(20_000);
  const records = ['a', 'b', 'c'].map((id) => JSON.stringify({ id, employee_note: `${id} ${note}` }));
  await commitResults(integration, resultsOf(scan(answerOf(records))));
  for (const id of ['a', 'b', 'c']) {
    expect(await readRow(store, integration, 'hris_absences', id)).toMatchObject({
      employee_note: `${id} ${note}`,
    });
  }
});
