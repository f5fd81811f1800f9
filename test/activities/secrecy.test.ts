import { expect, test } from 'vitest';
import { REMOVED } from '../../src/domain/life.ts';
import { pause, remove } from '../../src/store/state/life.ts';
import { API_KEY, createWorkbench, failure, pass, run, start } from './setup.ts';

const bench = await createWorkbench();
const { control, store } = bench;

/** Planted in every place for personal data or secrets. It must appear nowhere else. */
const MARKER = 'MARKER';

function planted(id: string, fields: Record<string, unknown> = {}): string {
  return JSON.stringify({
    id,
    name: `${MARKER} name`,
    changed_at: '2026-01-01T00:00:00Z',
    [`${MARKER}_key`]: 1,
    ...fields,
  });
}

async function integrationWithMarkers(): Promise<string> {
  const id = await bench.integration({ records: { ats_jobs: 6 } });
  const [one, two, three, four, five] = control.ids(id, 'ats_jobs') as [
    string,
    string,
    string,
    string,
    string,
  ];
  control.setRaw(id, 'ats_jobs', one, planted(one));
  control.setRaw(id, 'ats_jobs', two, planted(two, { changed_at: `${MARKER} is no date` }));
  control.setRaw(id, 'ats_jobs', three, `"${MARKER}"`);
  control.setRaw(id, 'ats_jobs', four, planted(MARKER.repeat(200)));
  control.setRaw(id, 'ats_jobs', five, `{"id":"${five}","name":"${MARKER}\\u0000","n":1e400000}`);
  return id;
}

function expectSilence(...seen: unknown[]): void {
  const texts = [
    ...seen.map((value) => JSON.stringify(value, (_key, entry: unknown) => unfold(entry))),
    bench.logs(),
  ];
  for (const text of texts) expect(text).not.toContain(MARKER);
  for (const text of texts) expect(text).not.toContain(API_KEY);
}

/** Errors as text, with everything that JSON would leave out. */
function unfold(value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const names = ['message', 'stack', 'cause', ...Object.keys(value)];
  return Object.fromEntries(names.map((name) => [name, (value as unknown as Record<string, unknown>)[name]]));
}

test('(I17) a pass with good, odd and rejected records shows counts and nothing of the records', async () => {
  const id = await integrationWithMarkers();
  const events: unknown[] = [];
  const result = await run(
    bench.activities({ onPage: (event) => events.push(event) }).syncEndpoint,
    pass(id),
  );
  expect(result.counts).toMatchObject({ records: 6, rejected: 3 });
  expect(await bench.count(id, `raw::text like '%${MARKER}%'`)).toBeGreaterThan(0);
  const { rows } = await store.pool.query(
    'select * from kombo_sync.rejected_records where integration_id = $1',
    [id],
  );
  expect(rows).toHaveLength(3);
  expect(rows.map((row: { body: unknown }) => row.body)).toEqual([null, null, null]);
  expectSilence(result, events, await bench.passes(id));
});

test('(I17) unreadable answers that contain records are not quoted', async () => {
  const id = await integrationWithMarkers();
  const bodies = [`{"data":{"results":[${planted('x')}]`, `<p>${MARKER}</p>`, `{"data":"${MARKER}"}`];
  const { syncEndpoint } = bench.activities();
  for (const body of bodies) {
    for (const status of [200, 400, 503]) {
      const fault = control.addFault({
        kind: 'status',
        status,
        body,
        contentType: 'application/json',
        integration: id,
        count: 'always',
      });
      const result = await run(syncEndpoint, pass(id));
      control.removeFault(fault);
      expect(result.state).toBe('failed');
      expectSilence(result, await bench.debts(id));
    }
  }
  const kept = await bench.passes(id);
  expect(kept).toHaveLength(9);
  expectSilence(kept);
});

test('(I17) a refused key is not shown', async () => {
  const id = await bench.integration({ records: { ats_jobs: 1 } });
  const wrong = `${MARKER}_wrong_key`;
  const result = await run(bench.activities({ apiKey: wrong }).syncEndpoint, pass(id));
  expect(await bench.debts(id)).toMatchObject({ delta: { failure: { errorClass: 'AccessDenied' } } });
  expectSilence(result, await bench.debts(id));
});

test('(I17) an error of the database is reported with its code, without its message', async () => {
  const id = await integrationWithMarkers();
  await store.pool.query(
    `create function refuse_marker() returns trigger language plpgsql as $$ begin raise exception 'saw % %', new.id, new.raw; end $$`,
  );
  await store.pool.query(
    `create trigger refuse before insert on kombo.ats_jobs for each row when (new.integration_id = '${id}') execute function refuse_marker()`,
  );
  const error = await failure(bench.activities().syncEndpoint, pass(id));
  expect(error).toMatchObject({
    type: 'DatabaseUnavailable',
    message: expect.stringContaining('P0001') as string,
  });
  expectSilence(error);
});

test('(I17) your own text, for example the reason of a pause and your name, stays in Postgres', async () => {
  const { startSync } = bench.activities();
  const id = await bench.integration();
  await pause(store, id, `${MARKER}: sick leave of Ada`);
  const paused = await run(startSync, start(id, { by: 'webhook', models: ['ats_jobs'] }));
  expect(paused).toMatchObject({ blocked: { code: 'Paused' } });
  const message = `Removed by ${MARKER}@host.`;
  await remove(store, id, { code: REMOVED.byHand, message, at: new Date() });
  const removed = [
    await run(startSync, start(id, { by: 'webhook', models: ['ats_jobs'] })),
    await run(startSync, start(id, { lookUp: true })),
  ];
  for (const { blocked } of removed) expect(blocked).toMatchObject({ code: 'IntegrationGone' });
  expectSilence(paused, ...removed);
});
