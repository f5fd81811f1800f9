import { globSync, readFileSync } from 'node:fs';
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

const withoutComments = (file: string) =>
  readFileSync(path.join(root, file), 'utf8').replaceAll(/\/\*[^]*?\*\/|\/\/ .*$/gm, '');

/** Imports of the files in a folder that `allowed` refuses, as 'file → import'. */
function forbidden(folder: string, allowed: (imported: Import) => boolean): string[] {
  return files
    .filter((file) => file.startsWith(`${folder}/`))
    .flatMap((file) =>
      importsOf(file)
        .filter((imported) => !allowed(imported))
        .map((imported) => `${file} → ${imported.from}`),
    );
}

/** Imports that lead from a lower floor to a higher one. Floors are numbered from the top. */
function upwards(from: readonly string[], floorOf: (file: string) => number): string[] {
  return from.flatMap((file) =>
    importsOf(file)
      .map((imported) => imported.from)
      .filter((imported) => floorOf(imported) !== -1 && floorOf(imported) < floorOf(file))
      .map((imported) => `${file} → ${imported}`),
  );
}

/** Groups of files that import each other in a circle (Tarjan's strongly connected components). */
function circles(from: readonly string[]): string[][] {
  const found: string[][] = [];
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const visit = (file: string): number => {
    const own = index.size;
    index.set(file, own);
    low.set(file, own);
    stack.push(file);
    for (const { from: imported } of importsOf(file)) {
      if (!from.includes(imported)) continue;
      if (!index.has(imported)) low.set(file, Math.min(low.get(file)!, visit(imported)));
      else if (stack.includes(imported)) low.set(file, Math.min(low.get(file)!, index.get(imported)!));
    }
    if (low.get(file) === own) {
      const circle = stack.splice(stack.indexOf(file));
      if (circle.length > 1) found.push(circle.sort());
    }
    return low.get(file)!;
  };
  for (const file of from) if (!index.has(file)) visit(file);
  return found;
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

  test('the domain imports only itself', () => {
    expect(forbidden('src/domain', ({ from }) => from.startsWith('src/domain/'))).toEqual([]);
  });

  test('the domain has no clock, no random numbers and no environment', () => {
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

  test('the consumer loads pg and Node, and takes only types from the domain and the tables', () => {
    const own = ({ from, typeOnly }: Import) =>
      from === 'pg' ||
      from.startsWith('node:') ||
      from.startsWith('src/consumer/') ||
      (typeOnly && /^src\/(domain|tables)\//.test(from));
    expect(forbidden('src/consumer', own)).toEqual([]);
    expect(forbidden('src/tables', ({ from }) => from.startsWith('src/tables/'))).toEqual([]);
  });

  test('the sandbox knows the catalogue, the signature and nothing else of the service', () => {
    const found = forbidden(
      'sandbox',
      ({ from }) =>
        !/^(src|activities|workflows)\//.test(from) || /^src\/(domain\/|kombo\/signature\.ts$)/.test(from),
    );
    expect(found).toEqual([]);
  });

  test('only src/config.ts reads the environment; the command line and `dev` pass it on', () => {
    const readers = files.filter(
      (file) =>
        /^(src|activities|workflows|sandbox)\//.test(file) &&
        !/^src\/(config\.ts$|cli\/|dev\/)/.test(file) &&
        /process\.env\b/.test(readFileSync(path.join(root, file), 'utf8')),
    );
    expect(readers).toEqual([]);
  });

  test('command definitions load the handlers; the handlers lazily load only Temporal', () => {
    const late = /\bimport\(\s*'([^']+)'/g;
    const found = files
      .filter((file) => file.startsWith('src/cli/') && !file.startsWith('src/cli/definitions/'))
      .flatMap((file) => {
        const text = readFileSync(path.join(root, file), 'utf8');
        return [...text.matchAll(late)].map(([, from]) => `${file} ${from}`);
      });
    expect(found).toEqual([
      'src/cli/status/index.ts ./one.ts',
      'src/cli/support/context.ts ../../temporal/connect.ts',
      'src/cli/support/run.ts ./context.ts',
    ]);
  });

  test('no imports form a cycle, not even of types', () => {
    expect(circles(files.filter((file) => !file.startsWith('test/')))).toEqual([]);
  });

  test('imports only go down from folder to folder', () => {
    const floors: readonly (readonly string[])[] = [
      ['src/cli'],
      ['src/dev'],
      ['src/http', 'src/doctor', 'src/worker'],
      ['src/operations'],
      ['src/temporal'],
      ['workflows'],
      ['activities'],
      ['src/store', 'src/kombo'],
      ['src/consumer'],
      [
        'src/config.ts',
        'src/config-error.ts',
        'src/config-values.ts',
        'src/settings',
        'src/tracing',
        'src/log.ts',
        'src/version.ts',
        'src/outages',
        'src/within.ts',
        'src/reused-buffers.ts',
      ],
      ['src/secret.ts'],
      ['src/domain', 'src/tables'],
    ];
    const floorOf = (file: string) =>
      floors.findIndex((rooms) => rooms.some((room) => file === room || file.startsWith(`${room}/`)));
    const served = files.filter((file) => /^(src|workflows|activities)\//.test(file));
    expect(served.filter((file) => floorOf(file) === -1)).toEqual([]);
    expect(upwards(served, floorOf)).toEqual([]);
  });

  test.each([
    ['src/store', ['upkeep', 'reports', 'records', 'state']],
    ['src/http', ['status-page', 'api', 'webhooks', 'monitoring', 'access', 'errors']],
    ['src/cli', ['definitions', 'commands', 'integrations', 'status', 'sync', 'support']],
    ['src/dev', ['demo', 'postgres', 'temporal', 'processes']],
    ['activities', ['.', 'support']],
  ])('in %s, imports only go down from subfolder to subfolder', (folder, rooms) => {
    const roomOf = (file: string) =>
      rooms.indexOf(path.relative(folder, path.dirname(file)).split('/')[0] || '.');
    const inside = files.filter((file) => file.startsWith(`${folder}/`) && roomOf(file) !== -1);
    expect(inside.length).toBeGreaterThan(rooms.length);
    expect(upwards(inside, roomOf)).toEqual([]);
  });

  test('only the store begins transactions and names schemas of Postgres, which are settings', () => {
    const names =
      /(?<!import\S* |\/)\b(kombo_sync\.[a-z$]|kombo\.(?:\$\{|(?:ats|hris|lms|assessment)_)|schema kombo\b)/;
    const begins = /\.transaction\(\)|\bpool\.connect\(\)/;
    const found = files
      .filter(
        (file) => /^(src|activities|workflows)\//.test(file) && !/^src\/(store|tables|consumer)\//.test(file),
      )
      .filter((file) => names.test(withoutComments(file)) || begins.test(withoutComments(file)));
    expect(found).toEqual([]);
    const beginners = files.filter(
      (file) => file.startsWith('src/store/') && /\.transaction\(\)/.test(withoutComments(file)),
    );
    expect(beginners).toEqual(['src/store/database.ts']);
  });

  test('comments, messages, pages and names of tests say who does it, as the style note asks', () => {
    // One of these words is a Unix user, and part of some test ids.
    const vague = /\b((some|any|every)body|(some|any)one|(who|what)ever|nobody(?= \w)|a\sperson)\b/i;
    const settings = ['.env.example', 'Dockerfile', 'docker-compose.yml'];
    const pages = globSync('**/*.md', { cwd: root, exclude: ['node_modules', 'CONTRIBUTING.md'] });
    const found = [...files, ...settings, ...pages].flatMap((file) =>
      readFileSync(path.join(root, file), 'utf8')
        .split('\n')
        .filter((line) => vague.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    );
    expect(pages).toContain('docs/operations.md');
    expect(found).toEqual([]);
  });

  test('a lookup by arbitrary text uses a Map, because an object also has the keys of its prototype', () => {
    // Kysely asks for an object, and lists its entries.
    const allowed = ['src/store/migrate.ts'];
    const open = /^(export )?const \w+: (Readonly<|Partial<)*Record<string,/m;
    const found = files
      .filter((file) => /^(src|workflows|activities)\//.test(file) && !allowed.includes(file))
      .filter((file) => open.test(readFileSync(path.join(root, file), 'utf8')));
    expect(found).toEqual([]);
  });

  test('every file stays below 300 lines', () => {
    const long = files.filter((file) => readFileSync(path.join(root, file), 'utf8').split('\n').length > 300);
    expect(long).toEqual([]);
  });
});
