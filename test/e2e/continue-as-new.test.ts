import { expect, test } from 'vitest';
import { syncWorkflowId } from '../../src/domain/names.ts';
import { eventually } from '../support/poll.ts';
import { createWire } from '../support/wire.ts';
import { startImpatientServer } from './impatient-server.ts';
import { createSystem, storeThrough } from './setup.ts';

const system = await createSystem({}, await startImpatientServer());
const { control, temporal } = system;
const wire = await createWire(new URL(system.store.url).host);
await system.worker({ chunkMs: 0, store: storeThrough(wire.address, system.store.url) });
await system.server();

test('(I6) webhooks across continue-as-new are never lost', { timeout: 90_000 }, async () => {
  const id = system.integration();
  await system.firstSync(id);
  const stream = async (table: string) => {
    const [record] = control.ids(id, table) as [string];
    for (let round = 0; round < 10; round += 1) {
      control.update(id, table, record, { remote_id: `v${round}` });
      expect((await control.flushWebhook(id))?.statuses ?? [200]).toEqual([200]);
      await system.arrives(id, table, record, `v${round}`);
    }
  };
  await Promise.all(['lms_users', 'lms_courses', 'lms_skills'].map(stream));
  await system.settled(id);
  const query = `WorkflowId = '${syncWorkflowId(id)}' and ExecutionStatus = 'ContinuedAsNew'`;
  await eventually(async () => (await temporal.client.workflow.count(query)).count > 1);
});

test(
  '(I1) (I26) webhooks of a busy integration are accepted while Postgres is away',
  { timeout: 120_000 },
  async () => {
    const id = system.integration();
    await system.firstSync(id);
    const [user] = control.ids(id, 'lms_users') as [string];
    await wire.cut();
    control.update(id, 'lms_users', user, { remote_id: 'while it is away' });
    for (let times = 0; times < 400; times += 1) await system.tell(id, ['lms_users', `model_${times % 50}`]);
    await wire.mend();
    // A start that failed is tried again after ten seconds, and may stand behind four hundred signals on a busy machine.
    await system.arrives(id, 'lms_users', user, 'while it is away', 50_000);
    expect(await system.settled(id)).toMatchObject({ failed: [] });
  },
);
