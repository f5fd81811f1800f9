import { expect, test } from 'vitest';
import { ACTIONS, AUDIT_OUTCOMES, AUDIT_SOURCES } from '../../src/domain/audit.ts';
import { CONDITION_KINDS, NOTIFY_TARGETS } from '../../src/domain/conditions.ts';
import { DRIFT_VERDICTS } from '../../src/domain/counts.ts';
import { DELIVERY_OUTCOMES } from '../../src/domain/deliveries.ts';
import { ERROR_CLASSES } from '../../src/domain/errors.ts';
import { INTEGRATION_STATUSES } from '../../src/domain/life.ts';
import { BECAUSE, DEBT_KINDS, PASS_KINDS, PASS_STATES, SWEEP_STATES } from '../../src/domain/reads.ts';
import { CHANGE_OPS } from '../../src/domain/change-ops.ts';
import { REJECT_REASONS } from '../../src/domain/records.ts';
import { TRIGGERS } from '../../src/domain/sync.ts';
import { DRIFT_COLUMNS } from '../../src/store/passes-schema.ts';
import { PASS_COLUMNS } from '../../src/store/state/passes.ts';
import { section } from '../docs/markdown.ts';
import { createTestStore } from '../support/database.ts';

/** Every column with a fixed list of values. A list that has grown needs a migration step that widens its check. */
const LISTS: Record<string, Record<string, readonly string[]>> = {
  integrations: { status: INTEGRATION_STATUSES },
  debts: { kind: DEBT_KINDS, failure_class: ERROR_CLASSES },
  passes: {
    kind: PASS_KINDS,
    trigger: TRIGGERS,
    because: BECAUSE,
    state: PASS_STATES,
    sweep_state: SWEEP_STATES,
  },
  changes: { op: CHANGE_OPS },
  rejected_records: { reason: REJECT_REASONS },
  drift: { verdict: DRIFT_VERDICTS },
  endpoint_states: { drift: DRIFT_VERDICTS },
  deliveries: { outcome: DELIVERY_OUTCOMES },
  told: { target: NOTIFY_TARGETS, kind: CONDITION_KINDS },
  notifications: { target: NOTIFY_TARGETS },
  audit_log: { source: AUDIT_SOURCES, action: ACTIONS, outcome: AUDIT_OUTCOMES },
};

test('the migrated database allows exactly the values of the domain', async () => {
  const store = await createTestStore();
  const { rows } = await store.pool.query<{ table: string; column: string; definition: string }>(
    `select t.relname::text as table, a.attname::text as column, pg_get_constraintdef(c.oid) as definition
     from pg_constraint c join pg_class t on t.oid = c.conrelid
     join pg_attribute a on a.attrelid = t.oid and a.attnum = c.conkey[1]
     where c.contype = 'c' and t.relnamespace = 'kombo_sync'::regnamespace`,
  );
  const allowed: Record<string, Record<string, string[]>> = {};
  for (const { table, column, definition } of rows) {
    const values = [...definition.matchAll(/'([^']*)'::text/g)].map(([, value]) => value!);
    allowed[table] = { ...allowed[table], [column]: values };
  }
  expect(allowed).toEqual(LISTS);
});

test('the tables of passes and of drift have the columns that the code knows', async () => {
  const store = await createTestStore();
  const columnsOf = async (table: string) => {
    const { rows } = await store.pool.query<{ name: string }>(
      `select column_name::text as name from information_schema.columns
       where table_schema = 'kombo_sync' and table_name = $1`,
      [table],
    );
    return rows.map(({ name }) => name).sort();
  };
  expect(await columnsOf('passes')).toEqual(PASS_COLUMNS.toSorted());
  expect(await columnsOf('drift')).toEqual(expect.arrayContaining(Object.values(DRIFT_COLUMNS)));
});

test.each(Object.entries(LISTS))('the reference lists the values of %s', (table, lists) => {
  const text = section('docs/reference.md', `### \`${table}\``);
  const missing = Object.entries(lists).flatMap(([column, values]) =>
    values.filter((value) => !text.includes(`\`${value}\``)).map((value) => `${column}: ${value}`),
  );
  expect(missing).toEqual([]);
});
