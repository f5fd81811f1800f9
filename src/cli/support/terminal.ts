import { cleanLines } from '../../domain/text.ts';

/*
 * The texts of all commands pass through here: names, codes and ids come from outside, and a terminal would obey
 * control characters in them.
 */

/** A text and its line break. */
export const screenText = (text: string) => `${cleanLines(text)}\n`;

/** Characters that JSON does not escape but a terminal may obey. Escaped, they mean the same to a program. */
const UNSEEN = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** A document as one line of JSON; parsing it returns the same texts. */
export function jsonText(document: unknown): string {
  const text = JSON.stringify(document).replaceAll(
    UNSEEN,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${text}\n`;
}

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** East Asian letters and full-width forms, without the half-width ones: https://www.unicode.org/reports/tr11/ */
const WIDE =
  /^(?![\uff61-\uffdc])[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Yi}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;
const EMOJI = /^\p{Emoji_Presentation}|^\p{Extended_Pictographic}.*\ufe0f|^[\d#*]\ufe0f?\u20e3/su;
const NARROW = /^[\x20-\x7e]*$/;

/** How many columns a line takes on a terminal. */
export function widthOf(line: string): number {
  if (NARROW.test(line)) return line.length;
  let width = 0;
  for (const { segment } of GRAPHEMES.segment(line)) width += widthOfGrapheme(segment);
  return width;
}

/** The line, cut with an ellipsis if it does not fit. */
export function fitTo(line: string, columns: number): string {
  if (widthOf(line) <= columns) return line;
  let kept = '';
  let width = 0;
  for (const { segment } of GRAPHEMES.segment(line)) {
    width += widthOfGrapheme(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

function widthOfGrapheme(grapheme: string): number {
  return WIDE.test(grapheme) || EMOJI.test(grapheme) ? 2 : 1;
}
