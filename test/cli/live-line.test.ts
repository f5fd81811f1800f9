import { expect, test } from 'vitest';
import { createLiveLine } from '../../src/cli/support/live-line.ts';

function stream(isTTY: boolean, columns = 40) {
  const written: string[] = [];
  return { isTTY, columns, written, write: (text: string) => written.push(text) };
}

const CLEAR = '\r\u001B[K';

test('on a terminal the line changes in place, below the lines that stay', () => {
  const terminal = stream(true);
  const live = createLiveLine(terminal);
  live.show('1 of 3');
  live.say('one is done');
  live.show('2 of 3');
  live.clear();
  live.clear();
  expect(terminal.written).toEqual([
    `${CLEAR}1 of 3`,
    CLEAR,
    'one is done\n',
    `${CLEAR}1 of 3`,
    `${CLEAR}2 of 3`,
    CLEAR,
  ]);
});

test('the line never wraps, and is not written again if nothing has changed', () => {
  const terminal = stream(true, 10);
  const live = createLiveLine(terminal);
  live.show('0123456789');
  live.show('short');
  live.show('short');
  expect(terminal.written).toEqual([`${CLEAR}01234567…`, `${CLEAR}short`]);
});

test('without a terminal only the lines that stay are written', () => {
  const file = stream(false);
  const live = createLiveLine(file);
  live.show('1 of 3');
  live.say('one is done');
  live.clear();
  expect(file.written).toEqual(['one is done\n']);
});
