import { expect, test } from 'vitest';
import { createMetrics } from '../../src/http/monitoring/metrics.ts';
import { createTestStore } from '../support/database.ts';
import { read, section, tableRows } from './markdown.ts';

const page = read('docs/reference.md');

test('the table of metrics matches /metrics', async () => {
  const { body } = await createMetrics().render(undefined);
  const shown = [...body.matchAll(/^# HELP (kombo_sync_\w+) (.*)\n# TYPE \w+ (\w+)$/gm)].map(
    ([, name, help, type]) => [`\`${name}\``, type, help],
  );
  expect(tableRows(section('docs/reference.md', '## Metrics'))).toEqual(shown);
});

test('metrics in the alert rules exist', async () => {
  const { body } = await createMetrics().render(undefined);
  const names = [...read('docs/operations.md').matchAll(/kombo_sync_[a-z_]+(?=[{)[])/g)].map(
    ([name]) => name,
  );
  expect(names.length).toBeGreaterThan(5);
  for (const name of names) expect(body).toContain(`# TYPE ${name} `);
});

test("every table and column of the service's schema is described", async () => {
  const store = await createTestStore();
  const { rows } = await store.pool.query<{ table_name: string; column_name: string }>(
    `select table_name::text, column_name::text from information_schema.columns
     where table_schema = 'kombo_sync'
       and table_name not in ('migrations', 'migrations_lock', 'pass_pages', 'sweep_candidates')`,
  );
  expect(rows.length).toBeGreaterThan(50);
  for (const { table_name: table, column_name: column } of rows) {
    expect(section('docs/reference.md', `### \`${table}\``), `${table}.${column}`).toContain(column);
  }
});

test('every function of the schema is described', async () => {
  const store = await createTestStore();
  const { rows } = await store.pool.query<{ name: string }>(
    `select proname::text as name from pg_proc where pronamespace = 'kombo_sync'::regnamespace`,
  );
  for (const { name } of rows) expect(page).toContain(`kombo_sync.${name}(`);
});
