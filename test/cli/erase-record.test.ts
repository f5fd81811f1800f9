import { expect, test } from 'vitest';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { createTestStore } from '../support/database.ts';
import { readPass, readRow } from '../store/support.ts';
import { runCommand } from './run-command.ts';
import { onlyDocument } from './spawn.ts';

const store = await createTestStore();
const ID = 'demo:erase';
const env = { DATABASE_URL: store.url };
const erase = (record: string, ...more: string[]) =>
  runCommand(['records', 'erase', 'ats_jobs', ID, record, ...more], env);

await saveIntegration(store, { id: ID, tool: 'demo', category: 'ATS' });
await readPass(store, ID, '/ats/jobs', 'full', [
  [
    { id: 'a', name: 'Ada' },
    { id: 'b', name: 'Ben' },
  ],
]);
await readPass(store, ID, '/ats/applications', 'full', [[{ id: 'app', job_id: 'a' }]]);

test('without a terminal to ask on, a record is erased only with --yes', async () => {
  for (const more of [[], ['--json']]) {
    const { code, stderr } = await erase('a', ...more);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') as string });
  }
  expect(await readRow(store, ID, 'ats_jobs', 'a')).toMatchObject({ name: 'Ada' });

  const { code, stdout } = await erase('a', '--yes');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ats_jobs a of demo:erase: a live row; 1 entry of the change feed/);
  expect(stdout).toMatch(/it comes back with the next read unless it is deleted in the tool/);
  expect(stdout).toMatch(/^ {2}ats_applications: app$/m);
  expect(await readRow(store, ID, 'ats_jobs', 'a')).toMatchObject({ name: null, raw: { id: 'a' } });
});

test('--json reports what was erased, and a missing record has its own exit code', async () => {
  const { stdout } = await erase('b', '--yes', '--json');
  expect(onlyDocument(stdout)).toMatchObject({ table: 'ats_jobs', id: 'b', row: 'live', mentions: [] });
  expect(await erase('nowhere', '--yes')).toMatchObject({ code: 3 });
  expect(await runCommand(['records', 'erase', '__proto__', ID, 'a', '--yes'], env)).toMatchObject({
    code: 2,
  });
});
