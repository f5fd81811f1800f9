import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { EVENTS, STATES, TRANSITIONS } from './transitions.ts';

const root = new URL('../../', import.meta.url);
const spec = readFileSync(new URL('docs/SPEC.md', root), 'utf8');

/** How the titles of tests name invariants: '(I6)', '(I3, I13)', or 'I6: …' at the start. */
const MARKERS = /\((I\d+(?:, I\d+)*)\)|['"`](I\d+(?:, I\d+)*): /g;

const namedBy = new Map<string, Set<string>>();
for (const file of readdirSync(new URL('test/', root), { recursive: true, encoding: 'utf8' })) {
  if (!file.endsWith('.test.ts')) continue;
  for (const [markers] of readFileSync(new URL(`test/${file}`, root), 'utf8').matchAll(MARKERS)) {
    for (const [invariant] of markers.matchAll(/I\d+/g)) {
      namedBy.set(invariant, (namedBy.get(invariant) ?? new Set()).add(`test/${file}`));
    }
  }
}

const invariants = [...spec.matchAll(/^- \*\*(I\d+)\*\* /gm)].map(([, name]) => name!);

/** The rows of the table between two markers, without its head. */
function table(marker: string): string[][] {
  const text = spec.split(`<!-- ${marker} -->`)[1]?.split(`<!-- /${marker} -->`)[0] ?? '';
  const rows = text.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('docs/SPEC.md', () => {
  test('numbers the invariants from I1 to I36', () => {
    expect(invariants).toEqual(Array.from({ length: 36 }, (_, index) => `I${index + 1}`));
  });

  test.each(invariants)('%s is named by a test', (invariant) => {
    expect([...(namedBy.get(invariant) ?? [])]).not.toEqual([]);
  });

  test.each([...namedBy.keys()])('%s, which a test names, exists', (invariant) => {
    expect(invariants).toContain(invariant);
  });

  test('lists for each invariant tests that name it', () => {
    const rows = table('tests');
    expect(rows.map(([invariant]) => invariant)).toEqual(invariants);
    for (const [invariant, files = ''] of rows) {
      const listed = [...files.matchAll(/`([^`]+)`/g)].map(([, file]) => file!);
      expect(listed).not.toEqual([]);
      expect([...(namedBy.get(invariant!) ?? [])]).toEqual(expect.arrayContaining(listed));
    }
  });

  test('shows the tested states and events', () => {
    const cells = EVENTS.map((event) => [
      event,
      ...STATES.map((state) => TRANSITIONS[state][event]?.says ?? '–'),
    ]);
    expect(table('transitions')).toEqual(cells);
  });
});
