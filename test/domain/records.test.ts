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
    ['a very long id', `{"id":"${'x'.repeat(501)}"}`, 'id_too_long'],
  ])('%s is set aside', (_name, text, reason) => {
    expect(prepare(text)).toMatchObject({ reason });
  });

  test('digits and keys are read right at any depth', () => {
    const text = '{"__proto__":1e5,"a":[-0,1.0,12345678901234567890,"1e5","\\"1e5",{"2":1.50}],"b":12}';
    const deep = parseExact(`[${text},${'['.repeat(20_000)}${']'.repeat(20_000)}]`) as unknown[];
    expect(JSON.stringify(deep[0])).toBe(text);
    expect(JSON.stringify(parseExact(text))).toBe(text);
    expect(() => parseExact(`[1e5,${'['.repeat(20_000)}]`)).toThrow(SyntaxError);
  });

  test('a numeric id keeps its digits', () => {
    expect(prepare('{"id":12345678901234567890}')).toMatchObject({ id: '12345678901234567890' });
  });

  test.each(['-0', '-0.0', '1.0', '1e5', '12345678901234567890.0'])(
    'a number that can be written in another way, as %s, is no id, no matter what is beside it',
    (id) => {
      for (const beside of ['1', '1e5', '"text"']) {
        const [record] = parseExact(`[{"id":${id}},${beside}]`) as unknown[];
        expect(prepareRecord(absences, record, exactNumber)).toMatchObject({ reason: 'no_id' });
      }
    },
  );

  test.each(['-0', '[-0]', '1.0', '{"a":1.50}', '[0.10,2]', '-0.0', '[-0.5,10,100.25]', '"-0"', '"1.0"'])(
    '%s is parsed and written again as it was',
    (text) => {
      expect(JSON.stringify(parseExact(` ${text}`))).toBe(text);
    },
  );

  test('only NUL and lone surrogates are replaced, in values and keys', () => {
    const prepared = prepare(
      '{"id":"a","k\\u0000":"x\\u0000y","t":"\\ud800z","e":"\\\\u0000","p":"\\ud83d\\ude00"}',
    );
    expect(prepared).toHaveProperty(
      'raw',
      '{"e":"\\\\u0000","p":"😀","t":"\uFFFDz","id":"a","k\uFFFD":"x\uFFFDy"}',
    );
  });

  test('numbers keep all their digits if text beside them is replaced', () => {
    expect(prepare('{"id":"a","n":12345678901234567890,"t":"\\u0000"}')).toHaveProperty(
      'raw',
      '{"n":12345678901234567890,"t":"\uFFFD","id":"a"}',
    );
  });

  test('a key __proto__ is stored as data', () => {
    const prepared = prepare('{"id":"a","__proto__":{"x":"\\u0000"}}');
    expect(prepared).toHaveProperty('raw', '{"id":"a","__proto__":{"x":"\uFFFD"}}');
  });

  test('the last of duplicate keys counts, as in jsonb', () => {
    expect(prepare('{"id":"a","id":"b"}')).toMatchObject({ id: 'b' });
  });

  test('a value that does not fit its column is stored only in raw', () => {
    const prepared = prepare(
      '{"id":"a","amount":"many","start_half_day":"yes","changed_at":"yesterday","unit":3}',
    );
    expect(prepared).toMatchObject({ projection: '{"id":"a","unit":3}' });
    expect(prepared).toHaveProperty('raw', expect.stringContaining('"many"'));
  });

  test('the last of two records with the same id on a page counts', () => {
    const page = parseExact('[{"id":"a","amount":1},{"id":"b"},{"id":"a","amount":2}]') as unknown[];
    const { storable } = prepareRecords(absences, page, exactNumber);
    expect(storable.map(({ id, raw }) => [id, raw])).toEqual([
      ['a', '{"id":"a","amount":2}'],
      ['b', '{"id":"b"}'],
    ]);
  });

  test('a record that is nested too deep to be written is set aside', () => {
    const deep = `${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`;
    let parsed: unknown;
    try {
      parsed = parseExact(deep);
    } catch {
      return; // An engine that cannot parse it refuses the whole page, which is tried again.
    }
    expect(prepareRecord(absences, parsed, exactNumber)).toHaveProperty('reason');
  });
});

describe('tombstones (I14)', () => {
  test('an emptied one is distinguished from one that still has its fields', () => {
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
  test('survive a round trip with all digits', () => {
    const text = '{"a":12345678901234567890,"b":1e400,"c":0.1234567890123456789,"d":[-98765432109876543210]}';
    expect(JSON.stringify(parseExact(text))).toBe(text);
  });

  test('property: any JSON comes back the same', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.parse(JSON.stringify(parseExact(text)))).toEqual(JSON.parse(text));
      }),
    );
  });
});
