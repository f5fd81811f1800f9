import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { writePrivately } from './processes/private-file.ts';

type Settings = Readonly<Record<string, string | undefined>>;

/** The file where other commands find the servers of a running `dev`. It exists only while `dev` runs. */
export function devEnvironmentFile(dataDir = '.kombo-sync'): string {
  return path.join(dataDir, 'env');
}

/** Writes the file so that shells can read it too. */
export function writeEnvironmentFile(dataDir: string, settings: Settings): void {
  const lines = Object.entries(settings).flatMap(([name, value]) =>
    value ? [`${name}='${value.replaceAll("'", QUOTE)}'\n`] : [],
  );
  writePrivately(devEnvironmentFile(dataDir), lines.join(''));
}

/** A quote between quotes, for a shell: the string ends, a quote follows, the next string begins. */
const QUOTE = `'\\''`;

/** Reads the file of `writeEnvironmentFile`. Node's own reader does not know quotes between quotes. */
export function readEnvironmentFile(dataDir?: string): Settings {
  const lines = read(devEnvironmentFile(dataDir)).matchAll(/^(\w+)='((?:[^']|'\\'')*)'$/gm);
  return Object.fromEntries([...lines].map(([, name, value]) => [name!, value!.replaceAll(QUOTE, "'")]));
}

export function removeEnvironmentFile(dataDir: string): void {
  rmSync(devEnvironmentFile(dataDir), { force: true });
}

/**
 * Reads the settings in your file, if it exists.
 *
 * @throws Error with the remedy if it is not text, or if a # cuts one of our settings that `env` does not override.
 */
export async function readDotEnv(file: string, env: Settings): Promise<Settings> {
  const text = read(file);
  const cut = [...text.matchAll(CUT)].map(([, name]) => name!).filter((name) => !(name in env));
  const ours = cut.length > 0 ? await namesOfSettings() : [];
  const name = cut.find((one) => ours.includes(one.replace(/_FILE$/, '')) || one.startsWith('TEMPORAL_'));
  if (name === undefined) return parseEnv(text);
  throw new Error(
    `${name} in ${file} ends at its #, which begins a comment there. Put quotes around the value, for example ${name}='one#two', or a space before the comment.`,
  );
}

/** A value without quotes that contains a #. Node ends the value there; a shell and Compose do not. */
const CUT = /^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=(?:[ \t]*[^\s'"`#](?:[^#\n]*[^\s#])?#|#\S)/gm;

async function namesOfSettings(): Promise<string[]> {
  const { SETTINGS } = await import('../config.ts');
  return Object.keys(SETTINGS);
}

/** The text of a file; empty if there is no such file. Editors on Windows begin it with a mark, or write UTF-16. */
function read(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if ('code' in error && error.code === 'ENOENT') return '';
    throw new Error(`${file} cannot be read: ${error.message}`, { cause: error });
  }
  const mark = bytes.toString('hex', 0, 2);
  const encoding = mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8';
  const text = new TextDecoder(encoding).decode(bytes);
  if (text.includes('\0')) throw new Error(`${file} is not text in UTF-8. Save it as UTF-8.`);
  return text;
}
