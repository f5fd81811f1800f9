import { expect, test } from 'vitest';
import { listAudit } from '../../src/store/state/audit.ts';
import { dropConsumer, moveConsumer, retrySkipped } from '../../src/operations/consumers.ts';
import { tag, writeTags } from '../consumer/support.ts';
import { createTestStore } from '../support/database.ts';
import { startApi } from './api.ts';
import { pageReader } from './page-reader.ts';

const store = await createTestStore();
await writeTags(store, [tag('a', 'x'), tag('b', 'x'), tag('c', 'x')]);
await store.pool.query(`update kombo_sync.changes set at = now() - interval '2 hours'`);
const { rows } = await store.pool.query<{ seq: string }>(
  'select min(seq)::text as seq from kombo_sync.changes',
);
const first = Number(rows[0]!.seq);
await store.pool.query(
  `insert into kombo_sync.consumers (name, seq, tables, holder, held_until, last_error, last_error_at) values
     ('change-log/ats <tags>', $1, '{ats_tags}', 'host:1:x', now() + interval '1 minute', 'cannot <b>digest</b>', now()),
     ('idle', $1 + 2, null, 'gone:1:x', now() - interval '1 minute', null, null)`,
  [first],
);
await store.pool.query(
  `insert into kombo_sync.consumer_failures (consumer, seq, integration_id, table_name, id, op, at, error)
   values ('change-log/ats <tags>', $1, 'a:1', 'ats_tags', 'a', 'created', now(), 'poison')`,
  [first],
);

test('consumers are listed with position, lag, error and holder, and one shows what it has skipped', async () => {
  const { call } = await startApi(store);
  const list = await call('GET', '/consumers');
  expect(list.statusCode).toBe(200);
  expect(list.json()).toMatchObject({
    consumers: [
      {
        name: 'change-log/ats <tags>',
        seq: first,
        tables: ['ats_tags'],
        holder: 'host:1:x',
        behind: 2,
        failures: 1,
        lastError: 'cannot <b>digest</b>',
      },
      { name: 'idle', holder: null, behind: 0, lagSeconds: 0, lastError: null },
    ],
  });
  const one = await call('GET', `/consumers/${encodeURIComponent('change-log/ats <tags>')}`);
  expect(one.statusCode).toBe(200);
  expect(one.json()).toMatchObject({ skipped: [{ id: 'a', op: 'created', error: 'poison', isDue: false }] });
  expect(one.json<{ lagSeconds: number }>().lagSeconds).toBeGreaterThan(7_190);
});

test('a consumer that is not there is 404', async () => {
  const { call } = await startApi(store);
  const answer = await call('GET', '/consumers/nobody');
  expect(answer.statusCode).toBe(404);
  expect(answer.json<{ detail: string }>().detail).toContain('kombo-sync consumers list');
});

test('the status page shows them, and escapes their names and errors', async () => {
  const read = await pageReader(store);
  const { body, text } = await read('/');
  expect(text).toContain('Consumers of the change feed');
  expect(text).toMatch(/2 changes ?the oldest for 2 h/);
  expect(text).toContain('1 change skipped');
  expect(body).toContain('cannot &lt;b&gt;digest&lt;/b&gt;');
  expect(body).not.toContain('<b>digest');
  expect(text).toContain('no process');
  // A search shows integrations only.
  expect((await read('/?q=x')).text).not.toContain('Consumers of the change feed');
});

test('(I23) each reset, retry and removal is in the audit log, those that are refused, too', async () => {
  const deps = { store, actor: { name: 'tester@here', source: 'cli' as const, address: null } };
  await moveConsumer(deps, 'idle', 'now');
  await retrySkipped(deps, 'idle');
  await dropConsumer(deps, 'idle');
  await expect(dropConsumer(deps, 'idle')).rejects.toThrow('No consumer is called idle.');
  const { entries } = await listAudit(store, { limit: 10 });
  const actor = 'tester@here';
  expect(entries).toMatchObject([
    { actor, action: 'remove-consumer', details: { consumer: 'idle' }, outcome: 'failed' },
    { actor, action: 'remove-consumer', details: { consumer: 'idle' }, outcome: 'done' },
    { actor, action: 'retry-consumer', details: { consumer: 'idle' }, outcome: 'done' },
    { actor, action: 'reset-consumer', details: { consumer: 'idle', to: 'now' }, outcome: 'done' },
  ]);
});
