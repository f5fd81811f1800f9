import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatted } from '../../scripts/tables/format.ts';
import { PAGES, read, ROOT } from '../docs/markdown.ts';

const project = mkdtempSync(path.join(tmpdir(), 'kombo-sync-public-'));
const installed = path.join(project, 'node_modules/kombo-sync');
const compiler = path.join(
  path.dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
  'bin/tsc',
);
const run = (args: string[], cwd: string) => spawnSync(process.execPath, args, { cwd, encoding: 'utf8' });

function succeed({ status, stdout, stderr }: ReturnType<typeof run>): string {
  if (status !== 0) throw new Error(stdout + stderr);
  return stdout;
}

/** A project that has nothing but the package and what that brings: neither our sources nor their settings. */
beforeAll(() => {
  mkdirSync(installed, { recursive: true });
  const source = path.join(project, 'source');
  mkdirSync(source);
  cpSync(path.join(ROOT, 'package.json'), path.join(source, 'package.json'));
  succeed(run([compiler, '-p', 'tsconfig.public.json', '--outDir', path.join(source, 'dist')], ROOT));
  // Out of the tarball, so that what npm leaves out is missing here, too.
  const packed = spawnSync('npm', ['pack', '--ignore-scripts', '--silent'], {
    cwd: source,
    encoding: 'utf8',
  });
  const tarball = path.join(source, succeed(packed).trim());
  succeed(spawnSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', installed], { encoding: 'utf8' }));
  rmSync(source, { recursive: true });
  mkdirSync(path.join(project, 'node_modules/@types'));
  const modules = path.join(ROOT, 'node_modules');
  const deps = ['pg', 'kysely', '@types/pg', '@types/node', 'pg-types', 'pg-protocol', 'undici-types'];
  for (const name of deps) symlinkSync(path.join(modules, name), path.join(project, 'node_modules', name));
  writeFileSync(path.join(project, 'package.json'), '{ "type": "module" }');
  writeFileSync(
    path.join(project, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: { module: 'nodenext', target: 'es2022', strict: true, noEmit: true, types: ['node'] },
    }),
  );
}, 120_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

/** What the compiler says of a program, without the name of the file. */
function compile(program: string): string {
  writeFileSync(path.join(project, 'program.ts'), program);
  const { stdout } = run([compiler, '-p', '.'], project);
  return stdout;
}

const consumer = (body: string, tables = `['ats_applications', 'hris_employees']`) => `
  import { consumeChanges } from 'kombo-sync/consumer';
  await consumeChanges({ connectionString: '', consumer: 'x', tables: ${tables}, async handle({ changes, tx }) {
    for (const change of changes) { ${body} }
  } });`;

describe('in a project that has only the package installed', () => {
  test('a handler knows the rows by their tables, and their enums stay open', () => {
    const program = consumer(`
      if (change.table === 'hris_employees') {
        const email: string | null | undefined = change.row?.work_email;
        await tx.query('select $1', [email]);
      } else if (change.changedFields?.includes('current_stage_id')) {
        const { row } = change;
        if (row?.outcome !== 'HIRED') continue;
        const at: Date | null = row.rejected_at;
        row.outcome = 'SOMETHING_NEW';
        console.log(at, change.seq + 1, change.originId?.length);
      }`);
    expect(compile(program)).toBe('');
  });

  test.each([
    ['a table', consumer('', `['ats_aplications']`), /'"ats_aplications"' is not assignable/],
    ['a field', consumer('change.row?.outcom'), /Property 'outcom' does not exist/],
    [
      'a field of another table',
      consumer(`if (change.table === 'ats_applications') change.row?.work_email`),
      /Property 'work_email' does not exist/,
    ],
    ['an operation', consumer(`if (change.op === 'removed') tx;`), /no overlap/],
  ])('%s that does not exist does not compile', (_, program, message) => {
    expect(compile(program)).toMatch(message);
  });

  test('Kysely knows the tables by their full names, and in the schemas without', () => {
    const program = (column: string) => `
      import { Kysely } from 'kysely';
      import type { AtsJobs, KomboDatabase, KomboLiveDatabase } from 'kombo-sync/tables';
      declare const db: Kysely<KomboDatabase>;
      declare const live: Kysely<KomboLiveDatabase>;
      const job: Pick<AtsJobs, 'name'> = await db.selectFrom('kombo.ats_jobs').select('name').executeTakeFirstOrThrow();
      await db.withSchema('kombo').selectFrom('ats_jobs').select('deleted_at').execute();
      await live.withSchema('kombo_live').selectFrom('ats_jobs').select('${column}').execute();
      console.log(job);`;
    expect(compile(program('name'))).toBe('');
    expect(compile(program('deleted_at'))).toMatch(/'"deleted_at"' is not assignable/);
  });

  test('tables of your own are added by declaration merging', () => {
    const program = `${consumer('change.row?.raw', `['ats_sourcing_channels']`)}
      import type { Json } from 'kombo-sync/tables';
      declare module 'kombo-sync/tables' { interface KomboTables { ats_sourcing_channels: { id: string; raw: Json } } }`;
    expect(compile(program)).toBe('');
  });

  test('it can be imported and required, and loads nothing but pg', () => {
    const names = `Object.keys(m).sort().join()`;
    const imported = `import * as m from 'kombo-sync/consumer'; import * as t from 'kombo-sync/tables'; console.log(${names}, Object.keys(t).length)`;
    const required = `const m = require('kombo-sync/consumer'); console.log(${names}, Object.keys(require('kombo-sync/tables')).length)`;
    const flags = ['--disable-warning=ExperimentalWarning'];
    // The whole public surface: change it only on purpose.
    const surface = 'ConsumerStopped,consumeChanges 0\n';
    expect(run([...flags, '--input-type=module', '-e', imported], project)).toMatchObject({
      stdout: surface,
    });
    expect(run([...flags, '--input-type=commonjs', '-e', required], project)).toMatchObject({
      stdout: surface,
    });
  });

  test('what the README, the docs and the examples show compiles', () => {
    const shown = PAGES.flatMap((page) =>
      [...read(page).matchAll(/^```ts\n([^]*?)^```/gm)].map(([, text]) => [page, text!] as const),
    ).filter(([, text]) => text.includes("from 'kombo-sync/"));
    expect(shown.map(([page]) => page)).toEqual(expect.arrayContaining(['README.md', 'docs/consumers.md']));
    for (const name of ['mirror', 'search-index', 'new-hires-to-slack']) {
      shown.push([name, read(`examples/${name}.ts`)]);
    }
    for (const [index, [, text]] of shown.entries()) {
      writeFileSync(path.join(project, `shown-${index}.ts`), text);
    }
    const said = compile('');
    for (const index of shown.keys()) rmSync(path.join(project, `shown-${index}.ts`));
    expect(said, shown.map(([page], index) => `shown-${index}: ${page}`).join('\n')).toBe('');
  });

  test('nothing else can be imported', () => {
    const { stderr } = run(
      ['--input-type=module', '-e', `import 'kombo-sync/dist/src/cli/main.js'`],
      project,
    );
    expect(stderr).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });
});

test('the public types are these', () => {
  const source = read('src/consumer/index.ts');
  const types = [...source.matchAll(/^export type \{ ([^}]+) \} from/gm)].flatMap(([, names]) =>
    names!.split(', '),
  );
  expect(types.toSorted()).toEqual([
    'Batch',
    'Change',
    'ChangeOf',
    'ChangeOp',
    'ConsumeOptions',
    'Failure',
    'TableChanged',
    'TableName',
    'Verdict',
  ]);
});

test('the types of the tables are what the catalogue makes of them', async () => {
  for (const [name, text] of await formatted()) {
    const file = path.join(ROOT, 'src/tables', name);
    expect(readFileSync(file, 'utf8'), `${name}: run npx node scripts/table-types.ts`).toBe(text);
  }
}, 60_000);
