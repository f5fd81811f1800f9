import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { getEndpoint } from '../../src/domain/catalogue/index.ts';
import { prepareRecord, prepareRecords } from '../../src/domain/records.ts';
import { exactNumber, parseExact } from '../../src/kombo/json.ts';

const absences = getEndpoint('/hris/absences');
const prepare = (text: string) => prepareRecord(absences, parseExact(text), exactNumber);

describe('odd records (I13)', () => {
  test.each([
    ['no id', '{"amount":1}', 'no_id'],
    ['null id', '{"id":null}', 'no_id'],
    ['empty id', '{"id":""}', 'no_id'],
    ['an object as id', '{"id":{}}', 'no_id'],
    ['a number with an exponent as id', '{"id":1e5}', 'no_id'],
    ['a fraction as id', '{"id":1.5}', 'no_id'],
    ['a list instead of a record', '[1]', 'not_an_object'],
    ['null instead of a record', 'null', 'not_an_object'],
    ['an endless id', `{"id":"${'x'.repeat(501)}"}`, 'id_too_long'],
  ])('%s is set aside', (_name, text, reason) => {
    expect(prepare(text)).toMatchObject({ reason });
  });

  test('however deep, a text is read with the digits and keys that it would have in a flat one', () => {
    const text = '{"__proto__":1e5,"a":[-0,1.0,12345678901234567890,"1e5","\\"1e5",{"2":1.50}],"b":12}';
    const deep = parseExact(`[${text},${'['.repeat(20_000)}${']'.repeat(20_000)}]`) as unknown[];
    expect(JSON.stringify(deep[0])).toBe(text);
    expect(JSON.stringify(parseExact(text))).toBe(text);
    expect(() => parseExact(`[1e5,${'['.repeat(20_000)}]`)).toThrow(SyntaxError);
  });

  test('a numeric id is kept by its digits', () => {
    expect(prepare('{"id":12345678901234567890}')).toMatchObject({ id: '12345678901234567890' });
  });

  test('NUL and half surrogates are replaced in values and keys, and nothing else is touched', () => {
    const prepared = prepare(
      '{"id":"a","k\\u0000":"x\\u0000y","t":"\\ud800z","e":"\\\\u0000","p":"\\ud83d\\ude00"}',
    );
    expect(prepared).toHaveProperty(
      'raw',
      '{"e":"\\\\u0000","p":"😀","t":"\uFFFDz","id":"a","k\uFFFD":"x\uFFFDy"}',
    );
  });

  test('numbers keep all their digits beside replaced text', () => {
    expect(prepare('{"id":"a","n":12345678901234567890,"t":"\\u0000"}')).toHaveProperty(
      'raw',
      '{"n":12345678901234567890,"t":"\uFFFD","id":"a"}',
    );
  });

  test('a key __proto__ is data', () => {
    const prepared = prepare('{"id":"a","__proto__":{"x":"\\u0000"}}');
    expect(prepared).toHaveProperty('raw', '{"id":"a","__proto__":{"x":"\uFFFD"}}');
  });

  test('of duplicate keys the last one counts, as in jsonb', () => {
    expect(prepare('{"id":"a","id":"b"}')).toMatchObject({ id: 'b' });
  });

  test('a value that does not fit its column is left out of the columns and kept in raw', () => {
    const prepared = prepare(
      '{"id":"a","amount":"many","start_half_day":"yes","changed_at":"yesterday","unit":3}',
    );
    expect(prepared).toMatchObject({ projection: '{"id":"a","unit":3}' });
    expect(prepared).toHaveProperty('raw', expect.stringContaining('"many"'));
  });

  test('of the same id twice on a page the last one counts', () => {
    const page = parseExact('[{"id":"a","amount":1},{"id":"b"},{"id":"a","amount":2}]') as unknown[];
    const { storable } = prepareRecords(absences, page, exactNumber);
    expect(storable.map(({ id, raw }) => [id, raw])).toEqual([
      ['a', '{"id":"a","amount":2}'],
      ['b', '{"id":"b"}'],
    ]);
  });

  test('a nesting too deep to be written is set aside', () => {
    const deep = `${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`;
    let parsed: unknown;
    try {
      parsed = parseExact(deep);
    } catch {
      return; // An engine that refuses it while parsing refuses the whole page, which is tried again.
    }
    expect(prepareRecord(absences, parsed, exactNumber)).toHaveProperty('reason');
  });
});

describe('tombstones (I14)', () => {
  test('an emptied one is told from one that still has its fields', () => {
    const gone = '"remote_deleted_at":"2026-01-01T00:00:00Z","changed_at":"2026-01-01T00:00:00Z"';
    expect(prepare(`{"id":"a","remote_id":"r",${gone},"amount":null,"type":{},"unit":null}`)).toMatchObject({
      deleted: true,
      emptied: true,
    });
    expect(prepare(`{"id":"a",${gone},"amount":2}`)).toMatchObject({ deleted: true, emptied: false });
    expect(prepare('{"id":"a","remote_deleted_at":null}')).toMatchObject({ deleted: false, emptied: false });
  });
});

describe('exact numbers', () => {
  test('survive a round trip digit for digit', () => {
    const text = '{"a":12345678901234567890,"b":1e400,"c":0.1234567890123456789,"d":[-98765432109876543210]}';
    expect(JSON.stringify(parseExact(text))).toBe(text);
  });

  test('property: all that JSON can say comes back the same', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.parse(JSON.stringify(parseExact(text)))).toEqual(JSON.parse(text));
      }),
    );
  });
});
