import { expect, test } from 'vitest';
import { createTestStore } from '../support/database.ts';
import { runCommand } from './run-command.ts';
import { onlyDocument } from './spawn.ts';

const store = await createTestStore();
const env = { DATABASE_URL: store.url };

test('if changes were removed, the command says which, and how to continue', async () => {
  await store.pool.query(
    `insert into kombo_sync.changes (integration_id, table_name, id, op)
     values ('x:1', 'ats_jobs', 'gone', 'created'), ('x:1', 'ats_jobs', 'kept', 'created')`,
  );
  const whole = await runCommand(['changes'], env);
  expect(whole).toMatchObject({ code: 0, stderr: '' });
  expect(whole.stdout).toMatch(/ gone\n.* kept\n/);
  await store.pool.query(
    `with gone as (delete from kombo_sync.changes where id = 'gone' returning seq)
     update kombo_sync.changes_removed set up_to = (select seq from gone), newest_at = '2026-01-01T00:00:00Z'`,
  );
  for (const args of [['changes'], ['changes', '--after', '0'], ['changes', '--follow', '--after', '0']]) {
    const { code, stdout, stderr } = await runCommand(args, env);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /The change feed does not reach back to position 0\. Changes up to \d+, written until 2026-01-01 00:00 UTC, .* Read the data again, .* --after oldest\. .*\n$/,
    );
  }
  const document = onlyDocument((await runCommand(['changes', '--json'], env)).stdout);
  expect(document).toMatchObject({ error: { code: 'changes_removed' } });
  const rest = onlyDocument((await runCommand(['changes', '--after', 'oldest', '--json'], env)).stdout);
  expect(rest).toMatchObject({ changes: [{ id: 'kept' }] });
});
