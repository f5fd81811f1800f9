import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cleanLine, isCode, isIntegrationId, isName } from '../../src/domain/text.ts';

test.each(['personio:CBNMt7dSNCzBdnRTx87dev4E', 'bombohr:hris-dev', 'a', 'x'.repeat(200), 'tööl:ид'])(
  '%j can be the id of an integration',
  (id) => {
    expect(isIntegrationId(id)).toBe(true);
  },
);

test.each([
  '',
  ' ',
  'a ',
  '.',
  '..',
  'x'.repeat(201),
  'a\0',
  'a\nb',
  'a\u200bb',
  'a\u202eb',
  'a\u3164b',
  'a\ufe0f',
  '\ud800',
  7,
  null,
])('%j cannot be the id of an integration', (id) => {
  expect(isIntegrationId(id)).toBe(false);
});

test('a cleaned line has no invisible characters', () => {
  expect(cleanLine('Ac\u200bme\u202e \u001b[31mGmbH\0\ud800\u3164')).toBe('Acme [31mGmbH');
  expect(cleanLine('x'.repeat(10_000_000))).toHaveLength(200);
});

test.each(['PLATFORM.RATE_LIMIT_EXCEEDED', 'REMOTE.INPUT_INVALID', 'E2', 'ACTIVE'])(
  '%j looks like a code',
  (code) => {
    expect(isCode(code)).toBe(true);
  },
);

test.each([
  '',
  'constructor',
  'Ada Lovelace',
  'ada@example.com',
  'A\0',
  'A\ud800',
  'A'.repeat(101),
  'A..B',
  '.',
  7,
])('%j does not look like a code', (code) => {
  expect(isCode(code)).toBe(false);
});

test('a name is one line without invisible characters', () => {
  expect(isName('ats_jobs')).toBe(true);
  expect(isName('two words')).toBe(true);
  for (const none of ['', 'a\u001b]52;c;x\u0007', 'a\u3164', 'x'.repeat(201), undefined])
    expect(isName(none)).toBe(false);
});

test('property: every cleaned line is short, well-formed and without control characters', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.integer({ min: 1, max: 50 }),
      (text, max) => {
        const line = cleanLine(text, max);
        expect(line.length).toBeLessThanOrEqual(max);
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}]/u);
        expect(line.isWellFormed()).toBe(true);
        expect(cleanLine(line, max)).toBe(line);
      },
    ),
  );
});
