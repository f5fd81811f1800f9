import { describe, expect, test } from 'vitest';
import { addDeliveries } from '../../src/store/state/deliveries.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { noteUnknown } from '../../src/store/state/unknown-integrations.ts';
import { createTestStore } from '../support/database.ts';
import { pageReader } from './page-reader.ts';
import { testConfig } from './support.ts';

describe('notices', () => {
  test('say that Kombo refuses every request, until a pass is completed again', async () => {
    const own = await createTestStore();
    await saveIntegration(own, { id: 'personio:1', tool: 'personio', category: 'HRIS' });
    const read = await pageReader(own);
    const endPass = (state: string, code: string | null) =>
      own.pool.query(
        `insert into kombo_sync.passes (sync_id, workflow_id, run_id, integration_id, endpoint, kind, trigger, because, state,
           watermark_at, moves_watermark, error_code, finished_at)
         values (gen_random_uuid(), 'w', 'r', 'personio:1', '/hris/groups', 'delta', 'webhook', 'webhook', $1, now(), true, $2, clock_timestamp())`,
        [state, code],
      );
    await endPass('completed', null);
    expect((await read('/')).text).not.toContain('refuses');
    await endPass('failed', 'PLATFORM.AUTHENTICATION_INVALID');
    await endPass('failed', 'PLATFORM.TASK_TIMED_OUT');
    expect((await read('/')).text).toMatch(
      /Kombo refuses every request \( PLATFORM.AUTHENTICATION_INVALID .*KOMBO_API_KEY/,
    );
    await endPass('completed', null);
    expect((await read('/')).text).not.toContain('refuses');
  });

  test('say that legacy webhooks still come, or no longer have an effect', async () => {
    const own = await createTestStore();
    const on = await pageReader(own);
    expect((await on('/')).text).not.toContain('Legacy');
    const come = async (ago: number) => {
      const at = new Date(Date.now() - ago);
      const seen = { outcome: 'accepted', times: 1, firstAt: at, lastAt: at } as const;
      await addDeliveries(own, [{ integrationId: 'personio:1', type: 'sync-finished', ...seen }]);
    };
    await come(25 * 3_600_000);
    expect((await on('/')).text).not.toContain('Legacy');
    await come(60_000);
    expect((await on('/')).text).toMatch(/Legacy webhooks still come : sync-finished , last 1 min ago/);
    const off = await pageReader(own, { config: testConfig({ LEGACY_WEBHOOKS: 'off' }) });
    expect((await off('/')).text).toMatch(/LEGACY_WEBHOOKS is off, so they do nothing: unsubscribe/);
  });

  test('show ids that Kombo does not know', async () => {
    const own = await createTestStore();
    const read = await pageReader(own);
    await noteUnknown(own, 'workday:<x>');
    await noteUnknown(own, 'workday:<x>');
    const { body, text } = await read('/');
    expect(text).toMatch(/Webhooks name 1 id that Kombo does not know/);
    expect(body).toContain('workday:&lt;x&gt;');
    expect((await read('/?q=nothing')).body).toContain('href="/?refresh=off#unknown"');
  });

  test('show which fields are excluded or hashed', async () => {
    const own = await createTestStore();
    expect((await (await pageReader(own))('/')).text).not.toContain('not stored');
    const chosen = {
      EXCLUDE_FIELDS: 'hris_employees.ssn,*.remote_data',
      HASH_FIELDS: 'hris_employees.tax_id',
      HASH_KEY: 'fe6ff0d9ef61cd5c9a87e0e8ae2dc4b1',
    };
    const { text } = await (await pageReader(own, { config: testConfig(chosen) }))('/');
    expect(text).toMatch(/3 fields not stored as they come/);
    expect(text).toMatch(/Excluded: \*\.remote_data , hris_employees\.ssn/);
    expect(text).toMatch(/Stored as a hash: hris_employees\.tax_id/);
    expect(text).not.toContain('fe6ff0d9');
  });
});
