import { expect, test } from 'vitest';
import { issueWorkflowId } from '../../src/domain/names.ts';
import { eventually } from '../support/poll.ts';
import { createWire } from '../support/wire.ts';
import { accepted, createSystem, storeThrough } from './setup.ts';

const system = await createSystem();
const { control, store, temporal } = system;
const way = await createWire(new URL(store.url).host);
const through = storeThrough(way.address, store.url);
const worker = await system.worker({ store: through });
await system.server({ store: through });

/** The stored issue, once no run is about it. */
async function kept(issue: string) {
  await eventually(async () => {
    const { status } = await temporal.client.workflow.getHandle(issueWorkflowId(issue)).describe();
    return status.name === 'COMPLETED';
  });
  const { rows } = await store.pool.query<Record<string, unknown>>(
    'select * from kombo_sync.issues where issue_id = $1',
    [issue],
  );
  return rows[0];
}

const raise = async (options: Parameters<typeof control.raiseIssue>[0] = {}) => {
  const { issue, sent } = await control.raiseIssue(options);
  await accepted(Promise.resolve(sent));
  return issue;
};

test('an issue is raised, shown and resolved, and its integration is looked up each time', async () => {
  const id = system.integration();
  await system.firstSync(id);
  const lookUps = () =>
    control.requests({ integrationId: id }).filter(({ path }) => path.startsWith('/integrations/')).length;
  const before = lookUps();
  const issue = await raise({ integration: id, title: 'It is refused' });
  expect(await kept(issue)).toMatchObject({
    integration_id: id,
    type: 'integration.authentication_failed',
    title: 'It is refused',
    message: 'The tool refuses the credentials.\n\nAsk the customer to **reconnect**.',
    resolved_at: null,
  });
  await eventually(() => lookUps() > before);
  await accepted(control.resolveIssue(issue));
  expect(await kept(issue)).toMatchObject({ resolved_at: expect.any(Date) as Date });
  expect(await system.known(id)).toMatchObject({ status: 'active' });
});

test('repeated and late deliveries change nothing; a new episode opens it again', async () => {
  const issue = await raise();
  await accepted(control.resolveIssue(issue));
  await accepted(control.resolveIssue(issue, { duplicate: true }));
  const resolved = await kept(issue);
  expect(resolved).toMatchObject({ integration_id: null, resolved_at: expect.any(Date) as Date });
  const began = (resolved!.first_observed_at as Date).toISOString();
  const data = {
    change: 'raised',
    issue: { id: issue, type: 'a', title: 'b', status: 'OPEN', markdown_message: '', resolved_at: null },
    integration: null,
  };
  const again = { ...data, issue: { ...data.issue, first_observed_at: began } };
  await accepted(control.sendWebhook({ type: 'issue-status-changed', data: again }));
  expect(await kept(issue)).toEqual(resolved);
  expect(await raise({ issue })).toBe(issue);
  expect(await kept(issue)).toMatchObject({ resolved_at: null });
});

test('(I1) an issue that arrives while Postgres is down is stored when it is back', async () => {
  const id = system.integration();
  await system.firstSync(id);
  await way.cut();
  const ofAll = await raise({ title: 'Everything is slow' });
  const ofOne = await raise({ integration: id });
  await accepted(control.resolveIssue(ofOne));
  await way.mend();
  expect(await kept(ofAll)).toMatchObject({
    integration_id: null,
    title: 'Everything is slow',
    resolved_at: null,
  });
  expect(await kept(ofOne)).toMatchObject({ integration_id: id, resolved_at: expect.any(Date) as Date });
});

test('(I1) without a worker, an issue is accepted, and stored when one starts', async () => {
  await worker.stop();
  const issue = await raise();
  await system.worker();
  expect(await kept(issue)).toMatchObject({ issue_id: issue, resolved_at: null });
});
