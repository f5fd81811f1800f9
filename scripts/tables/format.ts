import { format, resolveConfig } from 'prettier';
import { CATALOGUE } from '../../src/domain/catalogue/index.ts';
import { documentedEnums } from './enums.ts';
import { renderTables } from './render.ts';

/** The files of `src/tables` that are made, by name, as they lie in the repository. */
export async function formatted(): Promise<Map<string, string>> {
  const options = await resolveConfig(import.meta.filename);
  const files = new Map<string, string>();
  for (const [name, text] of renderTables(CATALOGUE, documentedEnums)) {
    files.set(name, await format(text, { ...options, parser: 'typescript' }));
  }
  return files;
}
