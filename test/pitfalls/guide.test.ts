import { describe, expect, test } from 'vitest';
import { routeModels } from '../../src/domain/routing.ts';
import { want } from '../../src/domain/wanted.ts';
import { loadConfig } from '../../src/config.ts';
import { createKomboClient } from '../../src/kombo/client.ts';
import { sign, verify } from '../../src/kombo/signature.ts';
import { Secret } from '../../src/secret.ts';
import { commitPage } from '../../src/store/records/commit-page.ts';
import { findIntegration } from '../../src/store/state/integrations.ts';
import { PLAIN, feed, makePage, open, readRow, readWatermark, rowVersions } from '../store/support.ts';
import {
  APPLICATIONS,
  JOBS,
  control,
  delta,
  endpointsOf,
  everyEndpoint,
  full,
  ids,
  integration,
  isCurrent,
  requests,
  row,
  start,
  store,
  withWorld,
} from './setup.ts';
import { ageWatermarks } from '../support/states.ts';

/**
 * The sample code of Kombo's guide "migrate to data-changed" leaves twenty things to its reader:
 * https://docs.kombo.dev/ats/guides/data-changed-migration. One test for each, which fails without the defence.
 */
describe('pitfalls of the guide', () => {
  test('1. a sync that read something else does not move a watermark', async () => {
    await full();
    await full(JOBS);
    const before = await readWatermark(store, integration, APPLICATIONS);
    const [changed] = ids();
    control().update(integration, 'ats_applications', changed!);
    await delta(JOBS);
    control().addFault({
      kind: 'error',
      code: 'PLATFORM.INPUT_INVALID',
      endpoint: APPLICATIONS,
      integration,
    });
    expect(await delta()).toMatchObject({ state: 'failed', reason: { code: 'PLATFORM.INPUT_INVALID' } });
    expect(await readWatermark(store, integration, APPLICATIONS)).toEqual(before);
    await delta();
    await isCurrent(changed!);
  });

  test('2. deletions are found by tombstones, and by a sweep if there is none', async () => {
    await full();
    const [tombstoned, vanished] = ids();
    control().tombstone(integration, 'ats_applications', tombstoned!);
    control().vanish(integration, 'ats_applications', vanished!);
    await delta();
    expect((await row(tombstoned!))?.deleted_at).toBeInstanceOf(Date);
    await full();
    expect((await row(vanished!))?.deleted_at).toBeInstanceOf(Date);
  });

  test('3. a sync that fails leaves no gap behind one that succeeds', async () => {
    await full();
    const [changed] = ids();
    control().update(integration, 'ats_applications', changed!);
    const failing = await open(store, integration, APPLICATIONS, 'delta');
    await delta(JOBS);
    await expect(
      commitPage(store, { ...failing, version: 99 }, makePage(APPLICATIONS, []), PLAIN),
    ).rejects.toThrow('Another attempt');
    const next = await open(store, integration, APPLICATIONS, 'delta');
    expect(next.updated_after).toEqual(failing.updated_after);
    await delta();
    await isCurrent(changed!);
  });

  test('4. the watermark and the rows of the last page are one transaction', async () => {
    await full();
    const before = await readWatermark(store, integration, APPLICATIONS);
    const [created] = control().create(integration, 'ats_applications');
    await store.pool.query(`create function public.fail() returns trigger language plpgsql as
      $$ begin raise 'crash'; end $$`);
    await store.pool.query(
      `create trigger fail before update on kombo_sync.passes for each row execute function public.fail()`,
    );
    const pass = await open(store, integration, APPLICATIONS, 'delta');
    const record = control().snapshot(integration, 'ats_applications').get(created!)!;
    await expect(commitPage(store, pass, makePage(APPLICATIONS, [record]), PLAIN)).rejects.toThrow('crash');
    await store.pool.query('drop trigger fail on kombo_sync.passes');
    expect(await row(created!)).toBeUndefined();
    expect(await readWatermark(store, integration, APPLICATIONS)).toEqual(before);
    expect(await feed(store, integration)).not.toContain(`created ${created}`);
    await delta();
    await isCurrent(created!);
  });

  test('5. a slow full pass that ends after newer deltas does not move the watermark back', async () => {
    await full();
    const slow = await open(store, integration, APPLICATIONS, 'full');
    await delta();
    const newest = await readWatermark(store, integration, APPLICATIONS);
    await commitPage(store, slow, makePage(APPLICATIONS, [], { clockCorrectionMs: -1000 }), PLAIN);
    expect(await readWatermark(store, integration, APPLICATIONS)).toEqual(newest);
  });

  test('6. nothing is lost if our clock is ten minutes ahead of that of Kombo', async () => {
    await withWorld({ pageSize: 2, now: () => new Date(Date.now() - 600_000) }, async (other, id) => {
      await other.sync(id, APPLICATIONS, 'full');
      const [changed] = other.sandbox.control.ids(id, 'ats_applications');
      other.sandbox.control.update(id, 'ats_applications', changed!, { outcome: 'HIRED' });
      expect((await other.sync(id, APPLICATIONS, 'delta')).pass.updated_after).toBeInstanceOf(Date);
      expect(await readRow(store, id, 'ats_applications', changed!)).toMatchObject({ outcome: 'HIRED' });
    });
  });

  test('7. a nested change arrives although changed_at is not newer', async () => {
    await full();
    const holder = control().snapshot(integration, 'ats_applications');
    const [id, before] = [...holder].find(([, record]) => (record['interviews'] as unknown[]).length > 0)!;
    control().updateNested(integration, 'ats_applications', id, 'ats_interviews');
    await delta();
    const stored = (await row(id))!;
    expect(stored.raw['changed_at']).toBe(before['changed_at']);
    expect(stored.raw['interviews']).not.toEqual(before['interviews']);
    await isCurrent(id);
  });

  test('8. rate limits, bad gateways and broken answers are tried again', async () => {
    const scope = { endpoint: APPLICATIONS, integration };
    control().addFault({ kind: 'rate-limit', retryAfter: 0, ...scope });
    control().addFault({ kind: 'truncate', nth: 2, ...scope });
    control().addFault({ kind: 'unavailable', nth: 4, ...scope });
    control().addFault({ kind: 'reset', nth: 6, ...scope });
    const read = await full();
    expect(read.counts.records).toBe(ids().length);
    expect(requests(APPLICATIONS).filter(({ status }) => status === 429 || status === 503)).toHaveLength(2);
  });

  test('9. a pass that is interrupted after each page reads no page twice', async () => {
    await withWorld({ pageSize: 2, chunkMs: 0 }, async (other, id) => {
      const read = await other.sync(id, APPLICATIONS, 'full');
      const cursors = other.sandbox.control
        .requests({ integrationId: id, path: APPLICATIONS })
        .map(({ query }) => query['cursor'] ?? 'first page');
      expect(cursors.length).toBe(read.counts.pages);
      expect(new Set(cursors).size).toBe(cursors.length);
    });
  });

  test('10. the signature is checked over the bytes as received', () => {
    const secrets = [new Secret('new'), new Secret('old')];
    const body = Buffer.from(JSON.stringify({ id: 'x', type: 'data-changed', data: { ü: 1 } }, null, 2));
    expect(verify(body, sign(body, 'old'), secrets)).toBe(true);
    expect(verify(Buffer.from(JSON.stringify(JSON.parse(String(body)))), sign(body, 'old'), secrets)).toBe(
      false,
    );
    expect(verify(body, undefined, secrets)).toBe(false);
    expect(verify(body, sign(body, 'guessed'), secrets)).toBe(false);
  });

  test('11. a repeated delivery costs nothing: one entry waits, and a second read writes nothing', async () => {
    const once = want(undefined, { models: ['ats_applications'] }, 1000);
    expect(want(once, { models: ['ats_applications'] }, 1000)).toEqual(once);
    await full();
    control().update(integration, 'ats_applications', ids());
    await delta();
    const before = {
      versions: await rowVersions(store, 'ats_applications'),
      changes: await feed(store, integration),
    };
    await delta();
    expect(await rowVersions(store, 'ats_applications')).toEqual(before.versions);
    expect(await feed(store, integration)).toEqual(before.changes);
  });

  test('12. an unknown integration is looked up, and it is not an error if Kombo does not know it', async () => {
    const { read } = await start('delta', { models: ['ats_applications'] });
    expect(read).toContain(APPLICATIONS);
    expect(await findIntegration(store, integration)).toMatchObject({ category: 'ATS', status: 'active' });
    const gone = await start('delta', { models: ['ats_jobs'], integrationId: 'bombohr:nobody' });
    expect(gone).toMatchObject({ read: [], blocked: { code: 'IntegrationGone' } });
  });

  test('13. models nested in applications make a read of applications, by a delta that shows them', async () => {
    for (const model of ['ats_candidates', 'ats_interviews', 'ats_offers']) {
      expect(routeModels([model], endpointsOf('ATS')).delta).toContain(APPLICATIONS);
    }
    expect(routeModels(['ats_jobs'], endpointsOf('ATS')).delta).toEqual([JOBS]);
    expect(routeModels(['lms_course_providers'], endpointsOf('LMS')).full).toEqual(['/lms/courses']);
  });

  test('14. a full sync reads every endpoint, and the same id in two models is two rows', async () => {
    expect((await start('full')).read).toEqual(everyEndpoint());
    await full();
    await full(JOBS);
    const [shared] = ids('ats_jobs');
    expect(ids()).toContain(shared);
    await isCurrent(shared!);
    await isCurrent(shared!, 'ats_jobs');
  });

  test('15. pages are as large as Kombo allows', async () => {
    await withWorld({}, async (other, id) => {
      await other.sync(id, APPLICATIONS, 'full');
      const [request] = other.sandbox.control.requests({ integrationId: id, path: APPLICATIONS });
      expect(request?.query['page_size']).toBe('250');
    });
  });

  test('16. the address of the API is a setting, so the US region works', async () => {
    expect(loadConfig({}).KOMBO_API_URL).toBe('https://api.kombo.dev/v1');
    const { KOMBO_API_URL: baseUrl } = loadConfig({ KOMBO_API_URL: 'https://api.us.kombo.dev/v1/' });
    const asked: string[] = [];
    const client = createKomboClient({
      baseUrl,
      apiKey: new Secret('key'),
      send: (url) => {
        asked.push(url);
        return Promise.resolve(Response.json({ data: { next: null, results: [] } }));
      },
    });
    await client.fetchPage({ integrationId: 'a', endpoint: JOBS });
    expect(asked[0]).toMatch(/^https:\/\/api\.us\.kombo\.dev\/v1\/ats\/jobs\?/);
  });

  test('17. an integration that is not ready is parked, and read in full when it is', async () => {
    await start('delta');
    await full(JOBS);
    control().clearRequests();
    control().setIntegration(integration, { readError: 'INTEGRATION.SETUP_SYNC_PENDING' });
    for (const path of everyEndpoint()) {
      // One list may be wrong about the integration. It cannot be read only if all lists refuse.
      expect(await findIntegration(store, integration)).toMatchObject({ status: 'active' });
      const read = await full(path);
      expect(read).toMatchObject({ state: 'failed', reason: { code: 'INTEGRATION.SETUP_SYNC_PENDING' } });
      expect(requests(path)).toHaveLength(1);
    }
    expect(await findIntegration(store, integration)).toMatchObject({ status: 'parked' });
    control().setIntegration(integration, { readError: null });
    await store.pool.query(
      `update kombo_sync.debts set tried_at = now() - interval '2 minutes' where integration_id = $1`,
      [integration],
    );
    // After the webhook that reports it, every refused read is due.
    const { passes } = await start('delta', { models: [], lookUp: true, by: 'timer' });
    expect(passes.map(({ endpoint }) => endpoint)).toEqual(expect.arrayContaining([APPLICATIONS, JOBS]));
    await full();
    expect(await findIntegration(store, integration)).toMatchObject({ status: 'active' });
    // All records of a model that is switched off become tombstones, which counts as intended.
    control().switchModel(integration, 'ats_applications', false);
    const off = await delta();
    expect(off.counts.deleted).toBeGreaterThan(0);
    const { rows } = await store.pool.query(
      'select from kombo.ats_applications where integration_id = $1 and deleted_at is null',
      [integration],
    );
    expect(rows).toEqual([]);
  });

  test('18. after more than 14 days without a read, a full pass finds lost deletions', async () => {
    await full();
    await ageWatermarks(store, integration, '15 days');
    const [lost] = ids();
    control().vanish(integration, 'ats_applications', lost!);
    const { passes } = await start('delta', { models: ['ats_applications'] });
    expect(passes).toContainEqual({ endpoint: APPLICATIONS, kind: 'full', because: 'outage' });
    expect(await full()).toMatchObject({ state: 'completed', sweep: { deleted: 1 } });
    expect((await row(lost!))?.deleted_at).toBeInstanceOf(Date);
  });

  test('19. the catch-up reads every endpoint without a webhook, a quiet one by a single request', async () => {
    await full();
    const [changed] = ids();
    control().update(integration, 'ats_applications', changed!);
    const { read, outcomes } = await start('delta');
    expect(read.toSorted()).toEqual(everyEndpoint().toSorted());
    // Endpoints that were read before are read at once; the others need a full pass.
    expect(outcomes).toMatchObject([{ endpoint: APPLICATIONS, kind: 'delta', status: 'completed' }]);
    await isCurrent(changed!);
    control().clearRequests();
    await delta();
    expect(requests(APPLICATIONS)).toHaveLength(1);
  });

  test('20. a repeated cursor ends the pass with an error', async () => {
    control().addFault({ kind: 'repeat-cursor', count: 'always', endpoint: APPLICATIONS, integration });
    expect(await full()).toMatchObject({ state: 'failed', reason: { code: 'CursorRepeated' } });
    expect(requests(APPLICATIONS).length).toBeLessThan(6);
    expect(await readWatermark(store, integration, APPLICATIONS)).toBeNull();
    control().clearFaults();
    expect((await full()).state).toBe('completed');
  });
});
