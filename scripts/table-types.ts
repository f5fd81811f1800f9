/**
 * Writes the types of the tables into `src/tables`, from the catalogue of endpoints and the values that Kombo's SDK documents.
 * Run it after you have changed the catalogue; a test compares the files with what it would write.
 *
 *   npx node scripts/table-types.ts
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatted } from './tables/format.ts';

const folder = fileURLToPath(new URL('../src/tables', import.meta.url));
for (const [name, text] of await formatted()) await writeFile(path.join(folder, name), text);
