import { expect, test } from 'vitest';
import { toListed } from '../../src/store/listed.ts';
import { beginAudit, listAudit } from '../../src/store/state/audit.ts';
import { createTestStore } from '../support/database.ts';

test('a page has the key of its last entry, and the last page has none, even if it is full', () => {
  const listed = (rows: number[]) =>
    toListed(
      rows,
      2,
      (row) => `entry ${row}`,
      (row) => row,
    );
  expect(listed([])).toEqual({ entries: [], next: null });
  expect(listed([7])).toEqual({ entries: ['entry 7'], next: null });
  expect(listed([7, 6])).toEqual({ entries: ['entry 7', 'entry 6'], next: null });
  expect(listed([7, 6, 5])).toEqual({ entries: ['entry 7', 'entry 6'], next: 6 });
});

test('the audit log has no next page after a full last one', async () => {
  const store = await createTestStore();
  const act = { actor: 'ada', source: 'cli', address: null, integrationId: null, details: {} } as const;
  for (const action of ['add', 'pause', 'resume', 'remove'] as const)
    await beginAudit(store, { ...act, action });
  const first = await listAudit(store, { limit: 2 });
  expect(first.entries.map(({ action }) => action)).toEqual(['remove', 'resume']);
  const second = await listAudit(store, { limit: 2, after: first.next! });
  expect(second).toMatchObject({ entries: [{ action: 'pause' }, { action: 'add' }], next: null });
});
