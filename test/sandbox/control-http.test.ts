import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { CONTROL_COMMANDS } from '../../sandbox/control/routes.ts';
import { section, tableRows } from '../docs/markdown.ts';
import { receiver } from './receiver.ts';
import { get, IDS, readAll, testSandbox } from './support.ts';

const TABLE = 'ats_tags';

describe('control over HTTP', () => {
  async function call(sandbox: ReturnType<typeof testSandbox>, name: string, payload: object = {}) {
    const response = await sandbox.app.inject({ method: 'POST', url: `/__control/${name}`, payload });
    return { status: response.statusCode, ...response.json<{ result?: unknown; error?: string }>() };
  }

  test('has the same methods with the same names, all listed in the README', () => {
    const { control } = testSandbox();
    const methods: string[] = [];
    for (let at: object = control; at !== EventEmitter.prototype; at = Object.getPrototypeOf(at) as object) {
      methods.push(
        ...Object.getOwnPropertyNames(at).filter((name) => typeof Reflect.get(at, name) === 'function'),
      );
    }
    const commands = CONTROL_COMMANDS.toSorted();
    const hidden = ['constructor', 'now'];
    expect([...new Set(methods)].filter((name) => !hidden.includes(name)).toSorted()).toEqual(commands);
    const rows = tableRows(section('sandbox/README.md', '## Control over HTTP'));
    const told = rows.flatMap(([names]) => [...names!.matchAll(/`(\w+)`/g)].map(([, name]) => name!));
    expect(told.toSorted()).toEqual(commands);
  });

  test('changes a record and shows the change', async () => {
    const sandbox = testSandbox();
    const place = { integration: IDS.ATS, table: TABLE };
    const { result } = await call(sandbox, 'ids', { ...place, limit: 1 });
    const ids = result as string[];
    await call(sandbox, 'update', { ...place, ids, fields: { name: 'Astronaut' } });
    const { result: snapshot } = await call(sandbox, 'snapshot', place);
    expect(snapshot).toMatchObject({ [ids[0]!]: { name: 'Astronaut' } });
    expect(await call(sandbox, 'pendingModels', { integration: IDS.ATS })).toEqual({
      status: 200,
      result: [TABLE],
    });
  });

  test('adds an integration', async () => {
    const sandbox = testSandbox();
    await call(sandbox, 'addIntegration', { id: 'new', category: 'LMS', records: { lms_courses: 3 } });
    expect(await readAll(sandbox, 'new', '/lms/courses')).toHaveLength(3);
  });

  test('plays the life of an integration', async () => {
    const { url, deliveries, types } = await receiver();
    const sandbox = testSandbox({ webhookUrl: url, integrations: [] });
    const integration = 'tool:new';
    const details = async () => (await get(sandbox, undefined, `/integrations/${integration}`)).body.data;
    await call(sandbox, 'subscribe', { types: ['sync-finished', 'data-changed', 'remote-event-received'] });
    expect(await call(sandbox, 'subscription')).toMatchObject({
      result: ['data-changed', 'sync-finished', 'remote-event-received'],
    });
    const createdAt = '2026-05-01T00:00:00.000Z';
    await call(sandbox, 'addIntegration', {
      id: integration,
      category: 'LMS',
      setupStatus: 'INCOMPLETE',
      createdAt,
    });
    expect(await details()).toMatchObject({ setup_status: 'INCOMPLETE', created_at: createdAt });
    const dataExpiredAt = '2026-05-02T00:00:00.000Z';
    await call(sandbox, 'setIntegration', { integration, setupStatus: 'COMPLETED', dataExpiredAt });
    expect(await details()).toMatchObject({ setup_status: 'COMPLETED', data_expired_at: dataExpiredAt });
    await call(sandbox, 'setIntegration', { integration, dataExpiredAt: null });
    expect(await details()).toMatchObject({ data_expired_at: null });
    await call(sandbox, 'remoteEvent', { integration });
    await call(sandbox, 'finishSync', { integration, state: 'PARTIALLY_FAILED', lose: 'data-changed' });
    expect(types()).toEqual(['remote-event-received', 'sync-finished']);
    expect(deliveries[1]!.json.data).toMatchObject({ sync_state: 'PARTIALLY_FAILED' });
    await call(sandbox, 'setEnabled', { integration, enabled: false });
    expect(await details()).toMatchObject({ status: 'INACTIVE' });
    expect(await call(sandbox, 'announce', { integration, event: 'integration-deleted' })).toEqual({
      status: 200,
      result: null,
    });
    const { result: savedState } = await call(sandbox, 'saveState');
    expect(testSandbox({ savedState: savedState as string }).control.integrations()).toEqual([integration]);
  });

  test('sends what only webhooks report', async () => {
    const { url, types, deliveries } = await receiver();
    const sandbox = testSandbox({ webhookUrl: url });
    const place = { integration: IDS.ASSESSMENT, table: 'assessment_orders' };
    const { result } = await call(sandbox, 'create', place);
    const [order] = result as string[];
    await call(sandbox, 'announceOrder', { ...place, order, inline: true });
    await call(sandbox, 'announceFailedConnection', { tool: 'personio', category: 'HRIS' });
    const event = 'ai-apply-application-status-updated';
    await call(sandbox, 'announceAiApply', { event, fields: { status: 'FAILED' }, id: 'mine' });
    expect(types()).toEqual(['inline-assessment:order-received', 'connection-flow-failed', event]);
    expect(deliveries[0]!.json.data).toMatchObject({ id: order });
    expect(deliveries[2]!.json).toMatchObject({ id: 'mine', data: { status: 'FAILED' } });
  });

  test('reports mistakes', async () => {
    const sandbox = testSandbox();
    const missing = await call(sandbox, 'update', { integration: IDS.ATS, table: TABLE });
    expect(missing).toMatchObject({ status: 400, error: expect.stringContaining('ids') });
    const unknown = await call(sandbox, 'ids', { integration: IDS.ATS, table: 'ats_nothing' });
    expect(unknown).toMatchObject({ status: 400, error: expect.stringContaining('ats_nothing') });
  });
});
