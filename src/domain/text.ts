/*
 * Rules for text from outside: ids, names, codes, reasons. They apply wherever such text becomes a key, the input of a
 * workflow, a search attribute or a line on a terminal.
 */

export const ID_MAX_LENGTH = 200;
const NAME_MAX_LENGTH = 200;

/** Control, format, private, unassigned and invisible characters, and lone surrogates. */
const UNSHOWABLE = /[\p{C}\p{Default_Ignorable_Code_Point}]/u;

/** One visible word: no spaces, no invisible characters, no separator of a path, and no `-` first like an option. */
const WORD = /^(?!-)[^\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\s/\\]+$/u;

/**
 * Whether a value can be the id of an integration, for example `personio:CBNMt7dSNCzBdnRTx87dev4E`. Webhooks, the
 * command line, lists of ids, the API, pages, workflows and the sandbox all use this rule, so that each accepts an id
 * from any other.
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

/** Whether a text has no character that a terminal may obey, that ends a line or that Postgres cannot store. */
export function isLine(text: string): boolean {
  return !/\p{C}/u.test(text);
}

/** Whether a value is one line that can be shown as it is, for example the name of a model or the type of a webhook. */
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

/** Whether a value looks like a code of Kombo's, for example `PLATFORM.RATE_LIMIT_EXCEEDED`, and holds nothing else. */
export function isCode(value: unknown): value is string {
  return typeof value === 'string' && value.length <= CODE_MAX_LENGTH && CODE.test(value);
}

/** One line of text that can be shown and stored, cut if it is too long. Not for records, which stay as they are. */
export function cleanLine(text: string, maxLength = NAME_MAX_LENGTH): string {
  const line = text
    // Does not clean what is cut off in the end.
    .slice(0, 10 * maxLength)
    .replaceAll(/\p{Default_Ignorable_Code_Point}+/gu, '')
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim();
  return line.length <= maxLength ? line : `${line.slice(0, maxLength - 1).toWellFormed()}…`;
}

/** Text of several lines that can be shown and stored, cut if it is too long. */
export function cleanText(text: string, maxLength: number): string {
  const lines = text.slice(0, 10 * maxLength).split(/\r\n?|\n/);
  const clean = lines
    .map((line) => cleanLine(line, maxLength))
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
  return clean.length <= maxLength ? clean : `${clean.slice(0, maxLength - 1).toWellFormed()}…`;
}

/** Sequences that a terminal obeys, for example one that writes to the clipboard, with their content. */
const [ESC, BEL] = ['\u001b', '\u0007'];
const ESCAPES = new RegExp(
  String.raw`${ESC}(?:[\]PX^_][^${BEL}${ESC}]*(?:${BEL}|${ESC}\\)?|\[[0-?]*[ -/]*[@-~]?|[ -/]*[0-~]?)`,
  'g',
);

/** Removes what a terminal may obey instead of showing it. Line breaks stay. */
export function cleanLines(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll(ESCAPES, '')
    .replaceAll('\t', ' ')
    .replaceAll(/[^\P{C}\n]/gu, '');
}

/** A value within a line: like `cleanLines`, but without line breaks. */
export function cleanCell(text: string): string {
  return cleanLines(text).replaceAll(/\s*\n\s*/g, ' ');
}

/** A word that no shell changes. */
const PLAIN_WORD = /^[\w@%+=:,.-]+$/;

/** A word for a command to copy, quoted so that a shell does not change it. */
export function shellWord(word: string): string {
  return PLAIN_WORD.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
