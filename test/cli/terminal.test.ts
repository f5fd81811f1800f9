import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLiveLine } from '../../src/cli/support/live-line.ts';
import { pairs, table } from '../../src/cli/support/format.ts';
import { fitTo, jsonText, screenText, widthOf } from '../../src/cli/support/terminal.ts';
import { cleanCell, cleanLines, shellWord } from '../../src/domain/text.ts';

/** Sequences that write the clipboard, set colours, move the cursor, hide text, and forge a line. */
const HOSTILE =
  'Acme\u001b]52;c;cm0gLXJmIC8=\u0007 \u001b[31mGmbH\u009b2J\r\u0008\u202eevil\0\u001bc\u001bP+q\u001b\\';

describe('the text of a command', () => {
  test('has no control characters, and keeps its lines', () => {
    expect(screenText(`${HOSTILE}\n\tsecond\r\nthird`)).toBe('Acme GmbH2Jevil\n second\nthird\n');
    expect(cleanCell('one\ntwo \u001b]8;;http://evil\u001b\\link')).toBe('one two link');
  });

  test('property: no text has a control character left', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(cleanLines(text)).toMatch(/^[\P{C}\n]*$/u);
        expect(cleanCell(text)).toMatch(/^\P{C}*$/u);
      }),
    );
  });

  test('is exact in JSON, without control characters either', () => {
    const text = jsonText({ name: HOSTILE });
    expect(JSON.parse(text)).toEqual({ name: HOSTILE });
    expect(text.trimEnd()).toMatch(/^[^\p{Cc}\p{Cf}]*$/u);
  });

  test('stays on one line in the cell of a table, in a pair, and in the line that changes', () => {
    expect(table(['NAME'], [[`a\n${HOSTILE}`]]).split('\n')).toHaveLength(2);
    expect(pairs([['Name', 'a\nb\u001b[2J']])).toBe('Name  a b');
    const written: string[] = [];
    const live = createLiveLine({ isTTY: true, columns: 20, write: (text) => written.push(text) });
    live.show(`1 of 3 ${HOSTILE}\nx`);
    expect(written).toEqual(['\r\u001b[K1 of 3 Acme GmbH2J…']);
  });
});

test.each([
  ['abc', 3],
  ['東京', 4],
  ['ｱｲｳ', 3],
  ['한국어', 6],
  ['Ａ', 2],
  ['é', 1],
  ['e\u0301', 1],
  ['👍🏽', 2],
  ['🇩🇪', 2],
  ['❤️', 2],
  ['…–✓', 3],
])('%s takes %i columns', (text, width) => {
  expect(widthOf(text)).toBe(width);
});

test('wide letters keep the columns of a table aligned', () => {
  const text = table(
    ['ORGANIZATION', 'TOOL'],
    [
      ['東京株式会社', 'a'],
      ['Acme 👍', 'b'],
    ],
  );
  expect(
    text.split('\n').map((line) => widthOf(line.slice(0, -1).trimEnd() === '' ? '' : line.slice(0, -1))),
  ).toEqual([17, 14, 14]);
  expect(fitTo('東京株式会社', 7)).toBe('東京株…');
  expect(fitTo('abc', 3)).toBe('abc');
});

test.each([
  ['personio:CBNMt7dSNCzBdnRTx87dev4E', 'personio:CBNMt7dSNCzBdnRTx87dev4E'],
  ['a:$(reboot)', `'a:$(reboot)'`],
  [`a:b'c`, `'a:b'\\''c'`],
  ['a;b', `'a;b'`],
  ['a*', `'a*'`],
  ['', `''`],
])('the word %s of a command to copy is %s', (word, quoted) => {
  expect(shellWord(word)).toBe(quoted);
});
