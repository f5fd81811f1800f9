import { cleanCell } from '../../domain/text.ts';
import { fitTo, screenText } from './terminal.ts';

/** Lines while you wait: on a terminal the last line changes in place, elsewhere there are only plain lines. */
export interface LiveLine {
  /** Whether a line can be changed. */
  readonly updates: boolean;
  /** Prints a line that stays. */
  say(text: string): void;
  /** Changes the line in place; does nothing if it cannot be changed. */
  show(text: string): void;
  clear(): void;
}

type Stream = Pick<NodeJS.WriteStream, 'isTTY' | 'columns'> & { write(text: string): unknown };

const CLEAR = '\r\u001B[K';
const DEFAULT_COLUMNS = 80;

export function createLiveLine(stream: Stream): LiveLine {
  let shown = '';
  const clear = () => {
    if (shown !== '') stream.write(CLEAR);
    shown = '';
  };
  const draw = (text: string) => {
    // A line that wraps could not be cleared.
    const room = (stream.columns || DEFAULT_COLUMNS) - 1;
    shown = text;
    stream.write(`${CLEAR}${fitTo(cleanCell(text), room)}`);
  };
  return {
    updates: stream.isTTY,
    say(text) {
      const before = shown;
      clear();
      stream.write(screenText(text));
      if (before !== '') draw(before);
    },
    show(text) {
      if (stream.isTTY && text !== shown) draw(text);
    },
    clear,
  };
}
