import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { sign } from '../../src/kombo/signature.ts';
import { SEARCH_ATTRIBUTES } from '../../src/domain/names.ts';
import { createTestStore } from '../support/database.ts';
import { codeBlocks, PAGES, read, ROOT, section } from './markdown.ts';

/** Headings as GitHub turns them into anchors. */
function anchors(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

const links = PAGES.flatMap((page) =>
  [...read(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, target]) => [page, target!] as const),
);

test.each(links)('%s links to %s, which exists', (page, link) => {
  const [path, anchor] = link.split('#');
  const target = path ? join(dirname(page), path) : page;
  expect(existsSync(join(ROOT, target)), `${target} does not exist`).toBe(true);
  if (anchor !== undefined) expect(anchors(target)).toContain(anchor);
});

test('signing with openssl as the README shows gives the expected signature', () => {
  const [block] = codeBlocks(section('README.md', '### Send a webhook by hand'), 'sh');
  const script = block!.replace(/^curl.*$/m, 'printf "%s\\n%s" "$SIGNATURE" "$BODY"');
  const env = { ...process.env, ID: 'personio:abc', SECRET: 'whsec_1', URL: 'http://localhost' };
  // With bodies of several lengths every padding occurs.
  for (const suffix of ['', '1', '22']) {
    const { stdout, status, stderr } = spawnSync('sh', ['-eu', '-c', script], {
      encoding: 'utf8',
      env: { ...env, ID: `${env.ID}${suffix}` },
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [signature, body] = stdout.split('\n');
    expect(signature).toBe(sign(body!, env.SECRET));
    expect(JSON.parse(body!)).toMatchObject({
      type: 'data-changed',
      data: { integration_id: `${env.ID}${suffix}` },
    });
  }
});

test('the SQL in the pages runs', async () => {
  const store = await createTestStore();
  // The recipes of the guarantees build on each other; test/store/recipes.test.ts runs them in order.
  const pages = PAGES.filter((page) => page !== 'docs/guarantees.md');
  // Roles belong to the whole server; test/docs/postgres.test.ts and access.test.ts create them under their own names.
  const blocks = pages.flatMap((page) =>
    codeBlocks(read(page), 'sql')
      .filter((sql) => !/^(create role|drop owned)/.test(sql))
      .map((sql) => ({ page, sql })),
  );
  expect(blocks.length).toBeGreaterThan(1);
  for (const { page, sql } of blocks) {
    const client = await store.pool.connect();
    try {
      await client.query('begin');
      // A psql variable stands for a value that you fill in.
      await client.query(sql.replaceAll(/:'\w+'/g, `'example'`));
    } catch (error) {
      throw new Error(`${page}: ${sql}`, { cause: error });
    } finally {
      await client.query('rollback');
      client.release();
    }
  }
});

test('docker-compose.yml gives its Temporal server our search attributes', () => {
  const given = [...read('docker-compose.yml').matchAll(/--search-attribute=(\w+)=(\w+)/g)].map(
    ([, name, type]) => `${name}=${type}`,
  );
  const types = { KEYWORD: 'Keyword', KEYWORD_LIST: 'KeywordList' };
  expect(given).toEqual(SEARCH_ATTRIBUTES.map(({ name, type }) => `${name}=${types[type]}`));
});

test('the README names two commands that set everything up, and .ci/run tests with the second one', () => {
  const [block] = codeBlocks(section('README.md', '## Quick start'), 'sh');
  const commands = block!
    .trim()
    .split('\n')
    .map((line) => line.replace(/\s*#.*/, ''));
  expect(commands).toEqual(['npm ci && npm start', 'npm ci && npm test']);
  expect(read('.ci/run').split('\n')).toContain(commands[1]);
});

test('the files that the pages name exist', () => {
  const named = PAGES.flatMap((page) =>
    [
      ...read(page).matchAll(
        /`((?:src|workflows|activities|sandbox|test|bench|scripts|deploy)\/[\w./-]+\.\w+)`/g,
      ),
    ].map(([, file]) => ({ page, file: file! })),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(({ file }) => !existsSync(`${ROOT}${file}`))).toEqual([]);
});
