import { expect, test } from 'vitest';
import { SETTINGS } from '../../src/config.ts';
import { read, section, tableRows } from './markdown.ts';

const rows = tableRows(read('docs/settings.md'));
const documented = new Map(rows.map(([name, standard, meaning]) => [name!, { standard, meaning }]));
const names = Object.keys(SETTINGS) as (keyof typeof SETTINGS)[];

test('the table names every setting, and no other', () => {
  expect([...documented.keys()]).toEqual(names);
});

test.each(names)('%s: default and meaning are those of the code', (name) => {
  const row = documented.get(name);
  expect(row?.meaning).toBe(SETTINGS[name].description);
  const text = row?.standard === '–' ? undefined : row?.standard?.replaceAll('`', '');
  // The default as written means the same as leaving the setting out; "–" is no value at all.
  const standard: unknown = SETTINGS[name].parse(undefined);
  expect(standard).toEqual(SETTINGS[name].parse(text));
  if (text === undefined && standard !== undefined) expect(standard).toEqual([]);
});

test("the README's table repeats some of its rows", () => {
  const first = tableRows(section('README.md', '## Settings'));
  expect(first.length).toBeGreaterThan(3);
  for (const row of first) expect(rows).toContainEqual(row);
});

test('.env.example names only settings that exist', () => {
  const others = ['POSTGRES_PASSWORD', 'DATABASE_OWNER_PASSWORD', 'DATABASE_PASSWORD', 'TEMPORAL_ADDRESS'];
  for (const [, name] of read('.env.example').matchAll(/^#?([A-Z_]+)=/gm)) {
    expect([...names, ...others]).toContain(name);
  }
});
