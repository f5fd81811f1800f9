import { beforeEach, describe, expect, test } from 'vitest';
import type { Condition } from '../../src/domain/conditions.ts';
import { CONDITION_KINDS } from '../../src/domain/conditions.ts';
import type { Notification } from '../../src/domain/notification.ts';
import { listBehind, listConditions, listStale } from '../../src/store/reports/conditions.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { saveIssue } from '../../src/store/state/issues.ts';
import { park } from '../../src/store/state/life.ts';
import {
  findUnsent,
  forgetTarget,
  listUnsent,
  noteNews,
  noteTry,
  oldestUnsent,
} from '../../src/store/state/told.ts';
import { putOff, takeTurn, type Turn } from '../../src/store/state/turns.ts';
import { createTestStore } from '../support/database.ts';
import { readPass } from './support.ts';

const store = await createTestStore();

beforeEach(async () => {
  await store.pool.query(
    `truncate kombo_sync.told, kombo_sync.notifications, kombo_sync.turns, kombo_sync.integrations, kombo_sync.debts,
       kombo_sync.issues, kombo_sync.passes, kombo_sync.drift cascade`,
  );
});

const one = (key: string): Condition => ({
  kind: 'parked',
  key,
  integrationId: key,
  code: 'INVALID',
  since: new Date('2026-11-26T12:00:00Z'),
});

const look =
  (open: Condition[], calmMs = 0) =>
  async (turn: Turn | undefined) =>
    noteNews(store, 'webhook', { open, kinds: CONDITION_KINDS }, { turn: turn!, calmMs });
const turn = () => takeTurn(store, 'conditions', 0);

const said = async (id: string | undefined): Promise<Notification> =>
  JSON.parse((await findUnsent(store, id!))!.body) as Notification;

describe('what is told', () => {
  test('(I35) a condition is told once, and its end once', async () => {
    const began = await look([one('a:1')])(await turn());
    expect(await said(began)).toMatchObject({
      data: { open: 1, began: { count: 1 }, recovered: { count: 0 } },
    });
    await noteTry(store, began!, null);
    expect(await look([one('a:1')])(await turn())).toBeUndefined();
    // First it is noted that it is away.
    expect(await look([])(await turn())).toBeUndefined();
    const recovered = await look([])(await turn());
    expect(await said(recovered)).toMatchObject({
      data: { open: 0, began: { count: 0 }, recovered: { count: 1 } },
    });
    await noteTry(store, recovered!, null);
    expect(await look([])(await turn())).toBeUndefined();
  });

  test('(I35) while one is not taken the next waits, and says then all that has come', async () => {
    const first = await look([one('a:1')])(await turn());
    await noteTry(store, first!, 'answered HTTP 500');
    expect(await look([one('a:1'), one('a:2')])(await turn())).toBeUndefined();
    expect(await oldestUnsent(store)).toMatchObject({
      target: 'webhook',
      tries: 1,
      error: 'answered HTTP 500',
    });
    await noteTry(store, first!, null);
    const next = await look([one('a:1'), one('a:2'), one('a:3')])(await turn());
    expect((await said(next)).data.began.items.map((item) => item.integration_id)).toEqual(['a:2', 'a:3']);
  });

  test('(I36) a target that is away keeps none from the other', async () => {
    await look([one('a:1')])(await turn());
    const options = { turn: (await turn())!, calmMs: 0 };
    const id = await noteNews(store, 'slack', { open: [one('a:1')], kinds: CONDITION_KINDS }, options);
    expect(id).toBeDefined();
    expect(await listUnsent(store)).toHaveLength(2);
  });

  test('(I35) a worker that was slow says nothing that another one knows better', async () => {
    const slow = await turn();
    await turn();
    expect(await look([one('a:1')])(slow)).toBeUndefined();
    expect(await listUnsent(store)).toEqual([]);
  });

  test('(I35) of workers that look at once, one has the turn', async () => {
    const turns = await Promise.all([1, 2, 3, 4].map(() => takeTurn(store, 'conditions', 60_000)));
    expect(turns.filter((taken) => taken !== undefined)).toHaveLength(1);
    await putOff(
      store,
      turns.find((taken) => taken)!,
      1_000_000,
    );
    const { rows } = await store.pool.query<{ late: boolean }>(
      `select next_at > now() + interval '10 minutes' as late from kombo_sync.turns`,
    );
    expect(rows).toEqual([{ late: true }]);
  });

  test('a target that is not set any more is forgotten after a day', async () => {
    await look([one('a:1')])(await turn());
    await forgetTarget(store, 'webhook');
    expect(await listUnsent(store)).toHaveLength(1);
    await store.pool.query(`update kombo_sync.notifications set created_at = now() - interval '25 hours'`);
    await forgetTarget(store, 'slack');
    expect(await listUnsent(store)).toHaveLength(1);
    await forgetTarget(store, 'webhook');
    expect(await listUnsent(store)).toEqual([]);
    expect(await look([one('a:1')])(await turn())).toBeDefined();
  });
});

describe('what is wrong', () => {
  const kinds = async () => (await listConditions(store)).map(({ kind }) => kind);
  const add = (id: string) => saveIntegration(store, { id, tool: 'demo', category: 'LMS' });

  test('nothing, if all is well', async () => {
    await add('a:1');
    await readPass(store, 'a:1', '/lms/users', 'full', [[{ id: '1' }]]);
    expect(await listConditions(store)).toEqual([]);
  });

  test('reads that need you, once for an integration; others that fail are tried again', async () => {
    await add('a:1');
    await add('a:2');
    await store.pool.query(
      `insert into kombo_sync.debts (integration_id, endpoint, kind, failures, failing_since, failure_class, failure_code,
         failure_message, needs_attention)
       select case when needs then 'a:1' else 'a:2' end, endpoint, 'delta', 1, now(), class, 'C', 'M', needs
       from (values ('/lms/users', 'AccessDenied', true), ('/lms/courses', 'AccessDenied', true),
         ('/lms/skills', 'Unavailable', false)) as d(endpoint, class, needs)`,
    );
    expect(await listConditions(store)).toMatchObject([
      { kind: 'needs_you', key: 'a:1', integrationId: 'a:1', code: 'AccessDenied' },
    ]);
    await store.pool.query(`update kombo_sync.integrations set status = 'paused'`);
    expect(await kinds()).toEqual([]);
  });

  test('a parked integration that needs you; not one that waits for Kombo', async () => {
    await add('a:1');
    await add('a:2');
    await park(store, 'a:1', { code: 'INVALID', message: 'm', needsAttention: true, retryInMs: 0 });
    await park(store, 'a:2', {
      code: 'SETUP_SYNC_PENDING',
      message: 'm',
      needsAttention: false,
      retryInMs: 0,
    });
    expect(await listConditions(store)).toMatchObject([{ kind: 'parked', key: 'a:1', code: 'INVALID' }]);
  });

  test('(I36) an open issue, until it is resolved', async () => {
    const issue = {
      id: 'issue-1',
      integrationId: null,
      type: 'integration.authentication_failed',
      title: 'Secret title',
      message: 'M',
      firstObservedAt: '2026-11-26T12:00:00Z',
      resolvedAt: null,
    };
    await saveIssue(store, issue);
    const found = await listConditions(store);
    expect(found).toMatchObject([
      { kind: 'issue', key: 'issue-1', integrationId: null, code: 'integration.authentication_failed' },
    ]);
    expect(JSON.stringify(found)).not.toContain('Secret title');
    await saveIssue(store, { ...issue, resolvedAt: '2026-11-26T13:00:00Z' });
    expect(await kinds()).toEqual([]);
  });

  test('a sweep that stopped, until the endpoint is read in full again', async () => {
    await add('a:1');
    await readPass(store, 'a:1', '/lms/users', 'full', [[{ id: '1' }]]);
    await store.pool.query(`update kombo_sync.passes set sweep_state = 'stopped'`);
    expect(await kinds()).toEqual(['sweep_stopped']);
    await readPass(store, 'a:1', '/lms/users', 'delta', [[{ id: '1' }]]);
    expect(await kinds()).toEqual(['sweep_stopped']);
    await readPass(store, 'a:1', '/lms/users', 'full', [[{ id: '1' }]]);
    expect(await kinds()).toEqual([]);
  });

  test('drift that no delta explains, until a full pass finds none', async () => {
    await add('a:1');
    const drift = (pass: number, verdict: string) =>
      store.pool.query(
        `insert into kombo_sync.drift (pass_id, sync_id, integration_id, endpoint, missing, stale, wrongly_live,
           wrongly_deleted, expected, verdict) values ($1, 's', 'a:1', '/lms/users', 1, 0, 0, 0, 0, $2)`,
        [pass, verdict],
      );
    await drift(1, 'unexpected');
    expect(await kinds()).toEqual(['drift']);
    await drift(2, 'none');
    expect(await kinds()).toEqual([]);
  });

  test('a copy that is older than you allow', async () => {
    await add('a:1');
    const hours = (count: number) => listStale(store, count * 3_600_000);
    expect(await hours(1)).toEqual([]);
    await store.pool.query(`update kombo_sync.integrations set created_at = now() - interval '2 hours'`);
    expect(await hours(1)).toMatchObject([{ kind: 'stale', key: 'a:1', integrationId: 'a:1' }]);
    expect(await hours(3)).toEqual([]);
  });

  test('a consumer that has not handled a change for longer than you allow, and why', async () => {
    await store.pool.query('truncate kombo_sync.consumers, kombo_sync.changes cascade');
    await readPass(store, 'behind:1', '/lms/users', 'full', [[{ id: '1' }]]);
    await store.pool.query(`insert into kombo_sync.consumers (name, seq) values ('search-index', 0)`);
    const hours = (count: number) => listBehind(store, count * 3_600_000);
    expect(await hours(1)).toEqual([]);
    await store.pool.query(`update kombo_sync.changes set at = now() - interval '2 hours'`);
    const behind = { kind: 'consumer_behind', key: 'search-index', integrationId: null };
    expect(await hours(1)).toMatchObject([
      { ...behind, code: 'not_running', since: expect.any(Date) as Date },
    ]);
    expect(await hours(3)).toEqual([]);
    await store.pool.query(
      `update kombo_sync.consumers set holder = 'x', held_until = now() + interval '1 hour'`,
    );
    expect(await hours(1)).toMatchObject([{ ...behind, code: null }]);
    await store.pool.query(`update kombo_sync.consumers set last_error = 'a secret of a record'`);
    const failing = await hours(1);
    expect(failing).toMatchObject([{ ...behind, code: 'failing' }]);
    expect(JSON.stringify(failing)).not.toContain('secret');
    await store.pool.query('update kombo_sync.consumers set seq = kombo_sync.changes_horizon()');
    expect(await hours(1)).toEqual([]);
  });
});
