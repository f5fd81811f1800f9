import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { getEndpoint } from '../../src/domain/catalogue/index.ts';
import { ScannedRecord } from '../../src/domain/records.ts';
import { decode, readListing } from '../../src/kombo/listing.ts';

const endpoint = getEndpoint('/hris/absence-types');

interface Listing {
  data: { next: unknown; results: unknown[] };
}

const read = (answer: string | Buffer) => readListing(Buffer.from(answer as string), endpoint) as Listing;
const answerOf = (results: string) => `{"status":"success","data":{"next":null,"results":${results}}}`;
const records = (results: string) => read(answerOf(results)).data.results;
/** What a result says, however it was read. */
const valueOf = (result: unknown): unknown =>
  result instanceof ScannedRecord ? JSON.parse(decode(result.raw)) : JSON.parse(JSON.stringify(result));

describe('a listing as bytes', () => {
  test('leaves ordinary records as they came, with the space in them', () => {
    const first =
      '{ "id" : "a", "changed_at":"2026-03-01T09:30:00.000Z",\n"nested":{"a":["}",{"b":"\\"]"}]} }';
    const [one, two] = records(` [ ${first} ,\t{"id":"zwölf 😀","half_days_supported":true}] `);
    expect(one).toBeInstanceOf(ScannedRecord);
    expect(one).toMatchObject({ id: 'a', deleted: false, emptied: false });
    expect(decode((one as ScannedRecord).raw)).toBe(first);
    expect(two).toMatchObject({ id: 'zwölf 😀' });
    expect(two).toBeInstanceOf(ScannedRecord);
  });

  test.each([
    ['no id', '{"unit":"DAYS"}'],
    ['an id that is a number', '{"id":7}'],
    ['an empty id', '{"id":""}'],
    ['a long id', `{"id":"${'x'.repeat(501)}"}`],
    ['an id with an escape', '{"id":"\\u0061"}'],
    ['a key with an escape', '{"id":"a","remote\\u005fdeleted_at":"2026-03-01"}'],
    ['a NUL', '{"id":"a","text":"\\u0000"}'],
    ['half a surrogate', '{"id":"a","nested":["\\uD83D"]}'],
    ['a tombstone', '{"id":"a","remote_deleted_at":"2026-03-01T09:30:00.000Z"}'],
    ['a time that is none', '{"id":"a","changed_at":"2026-02-30T09:30:00.000Z"}'],
    ['a time of another type', '{"id":"a","changed_at":7}'],
    ['a truth value of another type', '{"id":"a","half_days_supported":"yes"}'],
    ['deep nesting', `{"id":"a","deep":${'['.repeat(300)}${']'.repeat(300)}}`],
  ])('parses a record with %s', (_what, odd) => {
    const results = records(`[{"id":"before"},${odd},{"id":"behind"}]`);
    expect(results.map((result) => result instanceof ScannedRecord)).toEqual([true, false, true]);
    expect(results.map(valueOf)).toEqual([{ id: 'before' }, JSON.parse(odd), { id: 'behind' }]);
  });

  test.each([
    ['results that are no records', answerOf('[{"id":"a"},7,null,[]]')],
    ['bytes that are no UTF-8', Buffer.from(answerOf('[{"id":"a","text":"\u00ff"}]'), 'latin1')],
    ['a mark at its beginning', `\uFEFF${answerOf('[{"id":"a"}]')}`],
    ['another list before', `{"x":{"results":[{"id":"other"}]},"data":{"next":null,"results":[{"id":"a"}]}}`],
    ['the list twice', `{"data":{"next":null,"results":[{"id":"other"}],"results":[{"id":"a"}]}}`],
    ['a key with an escape', `{"data":{"next":null,"r\\u0065sults":[{"id":"a"}]}}`],
    ['no list', `{"data":{"next":null,"results":{"id":"a"}}}`],
  ])('is parsed as a whole where it has %s', (_what, answer) => {
    const { data } = JSON.parse(decode(Buffer.from(answer as string))) as Listing;
    expect(read(answer as string)).toEqual({
      ...(JSON.parse(decode(Buffer.from(answer as string))) as object),
      data,
    });
  });

  test.each([
    '[{"id":"a"}',
    '[{"id":"a"},]',
    '[{"id":"a"}{"id":"b"}]',
    '[{"id":"a"},\u0001{"id":"b"}]',
    '[{"id":"a",}]',
    '[{"id" "a"}]',
    '[{"id":"a]',
    '[{"id":"a","text":"\\u0000",}]',
  ])('that is not whole is refused: %s', (results) => {
    expect(() => records(results)).toThrow(SyntaxError);
  });

  test('property: of any records it says what the parser says', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.dictionary(
            fc.oneof(fc.string(), fc.constantFrom('id', 'changed_at', '__proto__')),
            fc.jsonValue(),
          ),
        ),
        fc.nat(3),
        (values, space) => {
          const results = JSON.stringify(values, null, space);
          expect(records(results).map(valueOf)).toEqual(JSON.parse(results));
        },
      ),
      { numRuns: 500 },
    );
  });
});
