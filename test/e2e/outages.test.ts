import { describe, expect, test } from 'vitest';
import { transaction } from '../../src/store/database.ts';
import { syncWorkflowId } from '../../src/domain/names.ts';
import { eventually } from '../support/poll.ts';
import { createLiveSystem, SOON_MS } from './live.ts';
import { accepted } from './setup.ts';

// The state after an outage, and what a locked table or a tight limit delays.
const { system, debt: debtOf, isOwed, integration, change } = await createLiveSystem();
const { control, store, temporal } = system;

const USERS = '/lms/users';
const always = { count: 'always' } as const;
const debt = (id: string, endpoint = USERS) => debtOf(id, endpoint);

describe.concurrent('(I27) after an outage', () => {
  test('a webhook that names a failing endpoint tries it at once', async () => {
    const id = await integration();
    const fault = control.addFault({ kind: 'unavailable', integration: id, endpoint: USERS, ...always });
    await system.tell(id, ['lms_users']);
    await eventually(async () => (await debt(id)).delta?.failure, { timeoutMs: 30_000 });
    // As if it had failed for hours, with a long pause.
    await store.pool.query(
      `update kombo_sync.debts set due_at = now() + interval '4 hours', failing_since = now() - interval '2 days',
         tried_at = now() - interval '1 hour' where integration_id = $1`,
      [id],
    );
    control.removeFault(fault);
    await expect(change(id, 'lms_users')).resolves.toBe(true);
    // The read that the webhook asked for may follow the one that brought the row.
    await eventually(async () => !(await isOwed(id)), { timeoutMs: SOON_MS });
  });

  test('if one endpoint answers again, the others that failed are due', async () => {
    const id = await integration();
    const fault = control.addFault({ kind: 'unavailable', integration: id, ...always });
    await system.tell(id, ['lms_users', 'lms_courses', 'lms_skills']);
    await eventually(
      async () => {
        const debts = [...(await system.debts(id)).values()];
        return debts.length >= 3 && debts.every(({ delta }) => delta?.failure);
      },
      { timeoutMs: 60_000 },
    );
    await store.pool.query(
      `update kombo_sync.debts set due_at = now() + interval '4 hours', tried_at = now() - interval '1 hour'
       where integration_id = $1`,
      [id],
    );
    control.removeFault(fault);
    const users = control.ids(id, 'lms_users');
    control.update(id, 'lms_users', users[0]!, { remote_id: 'healed' });
    await expect(change(id, 'lms_courses')).resolves.toBe(true);
    await system.arrives(id, 'lms_users', users[0]!, 'healed', SOON_MS);
    await eventually(async () => !(await isOwed(id)), { timeoutMs: SOON_MS });
  });
});

test.concurrent(
  '(I26) a limit of one page per second uses up no try, and a first full sync completes',
  async () => {
    const id = system.integration({ records: { lms_users: 1_000, lms_courses: 300 } });
    // Each other request is limited.
    const fault = control.addFault({
      kind: 'rate-limit',
      retryAfter: 3,
      chance: 0.6,
      integration: id,
      ...always,
    });
    await accepted(control.announce(id, 'integration-created'));
    await eventually(async () => (await system.fullPasses(id))[USERS] === 1, { timeoutMs: 120_000 });
    control.removeFault(fault);
    const result = await system.settled(id);
    expect(result).toMatchObject({ status: 'completed', failed: [] });
    expect(result.endpoints[USERS]).toMatchObject({ counts: { records: 1_000, created: 1_000 } });
    expect(await isOwed(id)).toBe(false);
    expect((await temporal.client.workflow.getHandle(syncWorkflowId(id)).describe()).status.name).toBe(
      'COMPLETED',
    );
  },
);

test('(I25) (I26) a table that another session has locked delays only writes to it', async () => {
  const id = await integration();
  const others = await Promise.all(Array.from({ length: 25 }, () => integration()));
  await transaction(store.pool, async (client) => {
    await client.query('lock table kombo.lms_skills in share mode');
    for (const one of [id, ...others]) {
      control.update(one, 'lms_skills', control.ids(one, 'lms_skills'), { remote_id: 'locked' });
      await system.tell(one, ['lms_skills']);
    }
    // Longer than pages wait for the lock.
    await eventually(
      async () => (await debt(id, '/lms/skills')).delta?.failure?.errorClass === 'TableLocked',
    );
    await expect(change(id, 'lms_users')).resolves.toBe(true);
    await expect(change(others[3]!, 'lms_courses')).resolves.toBe(true);
  });
  for (const one of [id, ...others]) {
    await eventually(async () => !(await isOwed(one)), { timeoutMs: 30_000 });
    for (const skill of control.ids(one, 'lms_skills'))
      await system.arrives(one, 'lms_skills', skill, 'locked');
  }
});
