/*
 * Rules for text that comes from outside: ids, names, codes, reasons. They hold wherever such text becomes a key, a
 * workflow's input, a search attribute or a line on a terminal.
 */

export const ID_MAX_LENGTH = 200;
const NAME_MAX_LENGTH = 200;

/** Control, format and private characters, half surrogates, what Unicode has not assigned, and what is not seen. */
const UNSHOWABLE = /[\p{C}\p{Default_Ignorable_Code_Point}]/u;

/** One word that shows what it is: no spaces, nothing that is not seen, no end of a part of a path, and no option of a command. */
const WORD = /^(?!-)[^\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\s/\\]+$/u;

/**
 * Whether a value can be the id of an integration, such as `personio:CBNMt7dSNCzBdnRTx87dev4E`. This is the one rule, for
 * webhooks, the command line, lists of ids, the API, pages, workflows and the sandbox: an id that comes in by one of them can
 * be named by all others.
 */
export function isIntegrationId(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length <= ID_MAX_LENGTH &&
    WORD.test(value) &&
    value !== '.' &&
    value !== '..'
  );
}

/** Whether a text holds no character that a terminal may obey, that ends a line or that Postgres cannot hold. */
export function isLine(text: string): boolean {
  return !/\p{C}/u.test(text);
}

/** Whether a value is one line of text that can be shown as it is, such as a model's name or a webhook's type. */
export function isName(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= NAME_MAX_LENGTH &&
    !UNSHOWABLE.test(value)
  );
}

const CODE_MAX_LENGTH = 100;
const CODE = /^[A-Z][A-Z0-9]*(?:[._][A-Z0-9]+)*$/;

/** Whether a value looks like one of Kombo's codes, such as `PLATFORM.RATE_LIMIT_EXCEEDED`: it says nothing else then. */
export function isCode(value: unknown): value is string {
  return typeof value === 'string' && value.length <= CODE_MAX_LENGTH && CODE.test(value);
}

/** One line of text that can be shown and stored, cut where it is too long. Not for records, which stay as they are. */
export function cleanLine(text: string, maxLength = NAME_MAX_LENGTH): string {
  const line = text
    // What is cut off in the end need not be cleaned.
    .slice(0, 10 * maxLength)
    .replaceAll(/\p{Default_Ignorable_Code_Point}+/gu, '')
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim();
  return line.length <= maxLength ? line : `${line.slice(0, maxLength - 1).toWellFormed()}…`;
}

/** Text of several lines that can be shown and stored, cut where it is too long. */
export function cleanText(text: string, maxLength: number): string {
  const lines = text.slice(0, 10 * maxLength).split(/\r\n?|\n/);
  const clean = lines
    .map((line) => cleanLine(line, maxLength))
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
  return clean.length <= maxLength ? clean : `${clean.slice(0, maxLength - 1).toWellFormed()}…`;
}

/** Sequences that a terminal obeys, such as the one that writes the clipboard, with what they carry. */
const [ESC, BEL] = ['\u001b', '\u0007'];
const ESCAPES = new RegExp(
  String.raw`${ESC}(?:[\]PX^_][^${BEL}${ESC}]*(?:${BEL}|${ESC}\\)?|\[[0-?]*[ -/]*[@-~]?|[ -/]*[0-~]?)`,
  'g',
);

/** Lines for a terminal, which would obey what is not a character that is seen. Line breaks stay. */
export function cleanLines(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll(ESCAPES, '')
    .replaceAll('\t', ' ')
    .replaceAll(/[^\P{C}\n]/gu, '');
}

/** A value that stands in one line among others: as `cleanLines`, and without line breaks. */
export function cleanCell(text: string): string {
  return cleanLines(text).replaceAll(/\s*\n\s*/g, ' ');
}

/** What no shell reads as anything but itself. */
const PLAIN_WORD = /^[\w@%+=:,.-]+$/;

/** A word of a command to copy: a shell passes it on as it is. */
export function shellWord(word: string): string {
  return PLAIN_WORD.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
