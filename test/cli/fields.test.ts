import { expect, inject, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { fieldsOf } from '../../src/kombo/fields.ts';
import type { Purged } from '../../src/operations/fields.ts';
import type { ListedField } from '../../src/operations/list-fields.ts';
import { feed, PLAIN, readPass, readRow } from '../store/support.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { createTestStore } from '../support/database.ts';
import { uniqueTaskQueue } from '../support/temporal.ts';
import { runCommand } from './run-command.ts';
import { onlyDocument, startCli } from './spawn.ts';

const store = await createTestStore();
const ID = 'personio:fields';
const KEY = 'fe6ff0d9ef61cd5c9a87e0e8ae2dc4b1';
const env = {
  DATABASE_URL: store.url,
  TEMPORAL_ADDRESS: inject('temporalAddress'),
  TASK_QUEUE: uniqueTaskQueue(),
  KOMBO_API_KEY: 'ks_test_fields',
  KOMBO_API_URL: 'http://127.0.0.1:1',
};
const CHOSEN = { ...env, EXCLUDE_FIELDS: '@sensitive', HASH_FIELDS: 'hris_employees.ssn', HASH_KEY: KEY };

await readPass(store, ID, '/hris/employees', 'full', [
  Array.from({ length: 700 }, (_, index) => ({
    id: `e${index}`,
    first_name: 'Ada',
    ssn: 'SECRET-1',
    tax_id: 'SECRET-2',
    gender: null,
    changed_at: '2026-01-01T00:00:00Z',
  })),
]);

test('fields list shows what happens to each field, of one table or of all', async () => {
  const { stdout } = await runCommand(['fields', 'list', 'hris_employees', '--json'], CHOSEN);
  const { fields } = onlyDocument(stdout) as { fields: ListedField[] };
  const of = (name: string) => fields.find(({ field }) => field === name);
  expect(of('ssn')).toEqual({
    table: 'hris_employees',
    field: 'ssn',
    type: 'text',
    sensitivity: 'identity number',
    treatment: 'hashed',
  });
  expect(of('bank_accounts')).toMatchObject({ sensitivity: 'bank account', treatment: 'excluded' });
  expect(of('first_name')).toMatchObject({ sensitivity: null, treatment: 'stored' });
  const all = await runCommand(['fields', 'list'], env);
  expect(all.stdout).toMatch(/^hris_payslips +line_items\.amount +part +salary +stored$/m);
  expect(await runCommand(['fields', 'list', 'hris_employes'], env)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Did you mean hris_employees?') as string,
  });
});

test('an unknown field, a missing key and a weak key are reported with what to do', async () => {
  const wrong = { ...env, EXCLUDE_FIELDS: 'hris_employees.snn', HASH_FIELDS: 'hris_employees.tax_id' };
  const { code, stderr } = await runCommand(['fields', 'list'], wrong);
  expect(code).toBe(1);
  expect(stderr).toMatch(/EXCLUDE_FIELDS names hris_employees\.snn.*write hris_employees\.ssn/);
  expect(stderr).toMatch(/HASH_KEY is missing.*openssl rand -hex 32/);
  const weak = await runCommand(['fields', 'list'], { ...env, HASH_KEY: '0123456789'.repeat(4) });
  expect(weak.stderr).toMatch(/HASH_KEY .*easy to guess/);
  expect(weak.stderr).not.toContain('0123456789');
});

test('(I29) setup and doctor report what is stored against the choice, and purge --yes erases it without changes in the feed', async () => {
  const early = await runCommand(['fields', 'purge', '--yes'], CHOSEN);
  expect(early).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('run kombo-sync setup first') as string,
  });
  const done = await runCommand(['setup'], CHOSEN);
  expect(done.stdout).toMatch(/^Fields: \d+ names kept out$/m);
  expect(done.stdout).toMatch(/^! 1400 stored values .*\n +→ Erase them with: kombo-sync fields purge$/m);
  const checked = await runCommand(['doctor'], CHOSEN);
  expect(checked.stdout).toMatch(/^! Fields: \d+ excluded .*1 hashed .*may still be there/m);
  expect(await runCommand(['fields', 'purge'], CHOSEN)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--yes') as string,
  });
  expect(await readRow(store, ID, 'hris_employees', 'e1')).toMatchObject({ ssn: 'SECRET-1' });

  const purged = onlyDocument(
    (await runCommand(['fields', 'purge', '--yes', '--json'], CHOSEN)).stdout,
  ) as Purged;
  expect(purged).toEqual({
    values: 1400,
    tables: [{ table: 'hris_employees', rows: 700, values: 1400 }],
    complete: true,
    notChosen: [],
  });
  const row = await readRow(store, ID, 'hris_employees', 'e699');
  expect(JSON.stringify(row)).not.toContain('SECRET');
  expect(row!.raw).toEqual({
    id: 'e699',
    first_name: 'Ada',
    ssn: expect.stringMatching(/^hmac-sha256:/) as string,
    changed_at: '2026-01-01T00:00:00Z',
  });
  expect(await feed(store, ID)).toHaveLength(700);
  expect((await runCommand(['fields', 'purge', '--yes'], CHOSEN)).stdout).toMatch(
    /^Nothing is stored that is to be kept out/,
  );
  expect((await runCommand(['doctor'], CHOSEN)).stdout).toMatch(/^✓ Fields: \d+ excluded/m);
  expect((await runCommand(['audit', '--json'], CHOSEN)).stdout).toContain('"purge-fields"');
});

test('purge also erases rows of endpoints that the settings or an integration leave out', async () => {
  const own = 'personio:chosen';
  await saveIntegration(store, { id: own, tool: 'personio', category: 'HRIS' });
  for (const path of ['/hris/groups', '/hris/absences', '/hris/locations']) {
    const page = [{ id: 'a', changed_at: '2026-01-01T00:00:00Z' }];
    await readPass(store, own, path, 'full', [page], { ...PLAIN, fields: fieldsOf(loadConfig(CHOSEN)) });
  }
  const chosen = { ...CHOSEN, EXCLUDE_MODELS: 'hris_absences' };
  await runCommand(['integrations', 'set', own, '--exclude-models', 'hris_locations'], chosen);
  const purged = onlyDocument(
    (await runCommand(['fields', 'purge', '--yes', '--json'], chosen)).stdout,
  ) as Purged;
  expect(purged.notChosen).toEqual([
    { table: 'hris_absences', rows: 1 },
    { table: 'hris_locations', rows: 1 },
  ]);
  const { rows } = await store.pool.query<{ groups: number; rest: number }>(
    `select (select count(*)::int from kombo.hris_groups) as groups,
       (select count(*)::int from kombo.hris_absences) + (select count(*)::int from kombo.hris_locations) as rest`,
  );
  expect(rows[0]).toEqual({ groups: 1, rest: 0 });
});

test('(I29) a worker that keeps out less does not start; one that keeps out more makes its choice apply', async () => {
  const less = await runCommand(['worker'], { ...CHOSEN, EXCLUDE_FIELDS: 'hris_employees.tax_id' });
  expect(less).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/keeps out less.*kombo-sync setup/s) as string,
  });
  const otherKey = await runCommand(['worker'], { ...CHOSEN, HASH_KEY: `${KEY}0` });
  expect(otherKey).toMatchObject({ code: 1 });
  const more = startCli(['worker'], { ...CHOSEN, EXCLUDE_FIELDS: '@sensitive,hris_employees.first_name' });
  await more.printed(env.TASK_QUEUE);
  more.kill('SIGTERM');
  expect((await more.finished).stderr).toContain('kombo-sync fields purge');
  const changed = await runCommand(['doctor'], CHOSEN);
  expect(changed.stdout).toMatch(/^! Fields: .*differs from the last setup/m);
  // With setup, you can also keep out less.
  expect((await runCommand(['setup'], env)).stdout).toMatch(/^Fields: all are stored again$/m);
});
