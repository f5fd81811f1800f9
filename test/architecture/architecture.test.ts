import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { importsOf, sourceFiles, type Import } from '../support/imports.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const files = sourceFiles([
  'workflows',
  'activities',
  'src',
  'sandbox',
  'bench',
  'examples',
  'scripts',
  'test',
]);

/** Imports of the files in a folder that `allowed` does not let pass, as 'file → import'. */
function forbidden(folder: string, allowed: (imported: Import) => boolean): string[] {
  return files
    .filter((file) => file.startsWith(`${folder}/`))
    .flatMap((file) =>
      importsOf(file)
        .filter((imported) => !allowed(imported))
        .map((imported) => `${file} → ${imported.from}`),
    );
}

describe('boundaries', () => {
  test('workflows import the workflow SDK, each other, the pure domain, and types of activities', () => {
    const found = forbidden(
      'workflows',
      ({ from, typeOnly }) =>
        from === '@temporalio/workflow' ||
        from.startsWith('workflows/') ||
        from.startsWith('src/domain/') ||
        (typeOnly && from.startsWith('activities/')),
    );
    expect(found).toEqual([]);
  });

  test('the domain imports nothing but itself', () => {
    expect(forbidden('src/domain', ({ from }) => from.startsWith('src/domain/'))).toEqual([]);
  });

  test('the domain has no clock, no chance and no surroundings', () => {
    const impure = /\bnew Date\(\)|Date\.now\(|Math\.random\(|crypto\.|process\.|\bfetch\(|setTimeout\(/;
    const found = files.filter(
      (file) => file.startsWith('src/domain/') && impure.test(readFileSync(path.join(root, file), 'utf8')),
    );
    expect(found).toEqual([]);
  });

  test('the service does not import the sandbox or tests, except for `dev`', () => {
    const shared = ['src', 'activities', 'workflows'].flatMap((folder) =>
      forbidden(folder, ({ from }) => !/^(sandbox|test|bench|scripts|examples)\//.test(from)),
    );
    expect(shared.filter((found) => !found.startsWith('src/dev/'))).toEqual([]);
  });

  test('the sandbox knows the catalogue, the signature and nothing else of the service', () => {
    const found = forbidden(
      'sandbox',
      ({ from }) =>
        !/^(src|activities|workflows)\//.test(from) || /^src\/(domain\/|kombo\/signature\.ts$)/.test(from),
    );
    expect(found).toEqual([]);
  });

  test('only src/config.ts reads the environment; the command line and `dev` hand it on', () => {
    const readers = files.filter(
      (file) =>
        /^(src|activities|workflows|sandbox)\//.test(file) &&
        !/^src\/(config\.ts$|cli\/|dev\/)/.test(file) &&
        /process\.env\b/.test(readFileSync(path.join(root, file), 'utf8')),
    );
    expect(readers).toEqual([]);
  });

  test('every file stays below 300 lines', () => {
    const long = files.filter((file) => readFileSync(path.join(root, file), 'utf8').split('\n').length > 300);
    expect(long).toEqual([]);
  });
});
