import { expect, test } from 'vitest';
import { textArray } from '../../src/store/records/text-array.ts';
import { createTestStore } from '../support/database.ts';

const store = await createTestStore();

test('texts with any characters arrive unchanged', async () => {
  const texts = [
    '',
    '{"a":"b,c"}',
    'quote " backslash \\ brace }',
    'NULL',
    'zwölf 😀\n',
    'x'.repeat(100_000),
  ];
  const { rows } = await store.pool.query<{ texts: string[] }>('select $1::text[] as texts', [
    textArray(texts).value,
  ]);
  expect(rows[0]!.texts).toEqual(texts);
});
