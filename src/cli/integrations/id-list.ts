import { createReadStream } from 'node:fs';
import { text } from 'node:stream/consumers';
import { isIntegrationId } from '../../domain/text.ts';
import { wrongUse } from '../support/errors.ts';

interface IdList {
  /** Each id once, in the order of the file. */
  ids: string[];
  /** How many repetitions of ids were left out. */
  duplicates: number;
  /** The first line, if it is the header of a CSV file. */
  header: string | null;
}

/**
 * Kombo's ids have the form `tool:id`. A list of anything else is refused before Kombo is asked about its first line.
 */
const looksLikeId = (text: string) => isIntegrationId(text) && /^[^:"]+:./.test(text);
const SHOWN = 5;

/**
 * Reads integration ids: one per line (blank lines and # comments are allowed), a JSON array, or CSV with the ids in
 * the first column. If the file contains anything else, none of its ids is used.
 *
 * @throws CliError (wrong use) that names the lines.
 */
export function parseIds(content: string): IdList {
  const text = content.replace(/^\uFEFF/, '');
  const { values, header } = text.trimStart().startsWith('[') ? readJson(text) : readLines(text);
  const wrong = values.filter(({ value }) => !looksLikeId(value));
  if (wrong.length > 0) {
    const named = wrong.slice(0, SHOWN).map(({ where, value }) => `${where}: ${value.slice(0, 80)}`);
    const more = wrong.length > SHOWN ? `, and ${wrong.length - SHOWN} more` : '';
    throw wrongUse(
      `No integration ids, which are written as personio:CBNMt7dSNCzBdnRTx87dev4E: ${named.join(', ')}${more}.`,
    );
  }
  const ids = [...new Set(values.map(({ value }) => value))];
  if (ids.length === 0) throw wrongUse('It names no integration. Write one id a line.');
  return { ids, duplicates: values.length - ids.length, header };
}

/** Reads ids from a file; `-` is stdin. @throws CliError (wrong use) if it cannot be read or does not hold ids. */
export async function readIdFile(path: string): Promise<IdList> {
  let content: string;
  try {
    content = await text(path === '-' ? process.stdin : createReadStream(path));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw wrongUse(`${path} cannot be read: ${reason}`);
  }
  return parseIds(content);
}

interface Value {
  where: string;
  value: string;
}

function readJson(content: string): { values: Value[]; header: null } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch (error) {
    throw wrongUse(`It starts like a JSON array but is not valid JSON: ${(error as Error).message}`);
  }
  const values = (parsed as unknown[]).map((value, index) => ({
    where: `item ${index + 1}`,
    value: typeof value === 'string' ? value : JSON.stringify(value),
  }));
  return { values, header: null };
}

function readLines(content: string): { values: Value[]; header: string | null } {
  const lines = content
    .split(/\r\n|\n|\r/)
    .map((line, index) => ({ where: `line ${index + 1}`, value: firstCell(line.trim()) }))
    .filter(({ value }) => value !== '');
  const [first] = lines;
  // A header has no colon, and lines follow it.
  const isHeader = first !== undefined && lines.length > 1 && !first.value.includes(':');
  return { values: isHeader ? lines.slice(1) : lines, header: isHeader ? first.value : null };
}

/** The first cell of a line of CSV, without its quotes and without a comment. */
function firstCell(line: string): string {
  if (line.startsWith('#')) return '';
  const quoted = /^"((?:[^"]|"")*)"/.exec(line)?.[1];
  if (quoted !== undefined) return quoted.replaceAll('""', '"').trim();
  return line
    .replace(/\s+#.*$/, '')
    .split(/[,;\t]/, 1)[0]!
    .trim();
}
