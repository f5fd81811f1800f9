import { describe, expect, test } from 'vitest';
import { createSandbox } from '../../sandbox/index.ts';
import { receiver } from './receiver.ts';
import { get, IDS, readAll, testClock, testSandbox } from './support.ts';

const PATH = '/hris/brand-new';
const TABLE = 'hris_brand_new';
const INVALID = [400, 'PLATFORM.INPUT_INVALID'];

function withList(spec: Parameters<ReturnType<typeof testSandbox>['control']['addEndpoint']>[0]) {
  const clock = testClock();
  const sandbox = testSandbox({ now: clock.now });
  sandbox.control.addEndpoint(spec);
  sandbox.control.addIntegration({ id: 'test:new', category: 'HRIS', records: { [TABLE]: 5 } });
  const ask = (query: Record<string, string>) => get(sandbox, 'test:new', PATH, query);
  const count = async (query: Record<string, string>) => (await ask(query)).body.data.results.length;
  return { clock, sandbox, control: sandbox.control, ask, count };
}

describe('an endpoint that the catalogue does not have', () => {
  test('is read page by page, changed and deleted like any other', async () => {
    const { clock, sandbox, control, ask, count } = withList({ path: PATH });
    expect(await readAll(sandbox, 'test:new', PATH, { page_size: '2' })).toHaveLength(5);
    const since = clock.now().toISOString();
    clock.advance(1000);
    const [changed = '', deleted = ''] = control.ids('test:new', TABLE);
    control.update('test:new', TABLE, changed, { name: 'Zed', only_here: [1] });
    control.tombstone('test:new', TABLE, deleted);
    const { results } = (await ask({ updated_after: since })).body.data;
    expect(results).toMatchObject([{ id: changed, name: 'Zed', only_here: [1] }]);
    expect(await count({ updated_after: since, include_deleted: 'true' })).toBe(2);
    expect(await count({ ids: changed })).toBe(1);
    expect(control.pendingModels('test:new')).toEqual([TABLE]);
  });

  test('does not exist in a sandbox that did not add it', async () => {
    withList({ path: PATH });
    const other = testSandbox();
    expect((await get(other, IDS.HRIS, PATH)).status).toBe(404);
    expect(other.control.tables(IDS.HRIS)).not.toContain(TABLE);
  });

  test('refuses, ignores or hides by a parameter, as it was added', async () => {
    const { control, ask, count } = withList({
      path: PATH,
      updatedAfter: 'ignored',
      includeDeleted: 'refused',
      ids: 'ignored',
      pageSize: 'refused',
    });
    const future = { updated_after: '2100-01-01T00:00:00.000Z' };
    expect(await count(future)).toBe(5);
    expect(await count({ ids: 'none' })).toBe(5);
    for (const query of [{ include_deleted: 'true' }, { page_size: '2' }]) {
      const { status, body } = await ask(query);
      expect([status, body.error.code]).toEqual(INVALID);
    }
    control.addEndpoint({ path: PATH, updatedAfter: 'hides', ids: 'hides' });
    expect(await count({ ids: control.ids('test:new', TABLE)[0]! })).toBe(0);
    expect(await count({ updated_after: '2000-01-01T00:00:00.000Z' })).toBe(0);
    expect(await count({})).toBe(5);
    control.addEndpoint({ path: PATH, updatedAfter: 'refused', ids: 'refused' });
    expect((await ask(future)).status).toBe(400);
    expect((await ask({ ids: 'none' })).status).toBe(400);
  });

  test('is named by webhooks, and still exists in a sandbox that continues', async () => {
    const { url, deliveries } = await receiver();
    const { control } = withList({ path: PATH, updatedAfter: 'ignored' });
    control.setWebhookUrl(url);
    control.create('test:new', TABLE);
    await control.flushWebhook('test:new');
    expect(String(deliveries[0]!.body)).toContain(`"name":"${TABLE}"`);
    const later = createSandbox({ savedState: control.saveState() });
    const answer = await get(later, 'test:new', PATH, { updated_after: '2100-01-01T00:00:00.000Z' });
    expect(answer.body.data.results).toHaveLength(6);
    await later.close();
  });

  test.each(['/hris/employees', '/crm/deals', '/hris', 'hris/brand-new'])(
    'cannot have the path %s',
    (path) => {
      expect(() => testSandbox().control.addEndpoint({ path })).toThrow(RangeError);
    },
  );
});
