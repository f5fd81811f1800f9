import { describe, expect, test } from 'vitest';
import { CATALOGUE, type ColumnType } from '../../src/domain/catalogue/index.ts';
import { createSandbox } from '../../sandbox/index.ts';
import { get, IDS, readAll, testClock, testSandbox } from './support.ts';

const CHECKS: Record<ColumnType, (value: unknown) => boolean> = {
  text: (value) => typeof value === 'string',
  timestamptz: (value) => typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(value),
  numeric: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  jsonb: (value) => typeof value === 'object',
};
const STAMPS: Record<string, ColumnType> = { changed_at: 'timestamptz', remote_deleted_at: 'timestamptz' };
/** Fields that are null in every record. */
const NEVER_SET = new Set(['ssn', 'salary_amount']);

describe.each(CATALOGUE)('$path', ({ table, category, fields }) => {
  test('has every documented field with its type, and no others', () => {
    const { control } = testSandbox({ integrations: [{ id: 'x', category, scale: 5 }] });
    const records = [...control.snapshot('x', table).values()];
    expect(records.length).toBeGreaterThan(3);
    const seen = new Set<string>();
    const misfits: string[] = [];
    for (const record of records) {
      if (!/^[1-9A-HJ-NP-Za-km-z]{24}$/.test(record['id'] as string)) misfits.push('id');
      const expected = { ...fields, ...(record['changed_at'] !== undefined && STAMPS) };
      for (const name of Object.keys(record)) {
        if (name !== 'id' && !(name in expected)) misfits.push(`${name} is not documented`);
      }
      for (const [name, type] of Object.entries(expected)) {
        const value = record[name];
        if (value === null) continue;
        seen.add(name);
        if (value === undefined || !CHECKS[type](value)) misfits.push(`${name} is no ${type}`);
      }
    }
    expect(misfits).toEqual([]);
    const never = Object.keys(fields).filter((name) => !seen.has(name));
    expect(never.filter((name) => !NEVER_SET.has(name))).toEqual([]);
  });
});

describe('pages', () => {
  test('have 100 records by default and at most 250', async () => {
    const sandbox = testSandbox();
    expect((await get(sandbox, IDS.ATS, '/ats/applications')).body.data.results).toHaveLength(100);
    const most = await get(sandbox, IDS.ATS, '/ats/applications', { page_size: '250' });
    expect(most.body.data.results).toHaveLength(250);
    for (const page_size of ['0', '251', '-1', '1.5', 'ten', '']) {
      const answer = await get(sandbox, IDS.ATS, '/ats/applications', { page_size });
      expect([answer.status, answer.body.error.code]).toEqual([400, 'PLATFORM.INPUT_INVALID']);
    }
  });

  test('have no cursor on the last page, even if it is full', async () => {
    const sandbox = testSandbox();
    const { results, next } = (await get(sandbox, IDS.ATS, '/ats/tags', { page_size: '8' })).body.data;
    expect([results.length, next]).toEqual([8, null]);
  });

  test('accept a cursor only for its own endpoint and integration', async () => {
    const sandbox = testSandbox({
      integrations: [
        { id: 'a', category: 'ATS' },
        { id: 'b', category: 'ATS' },
      ],
    });
    const cursor = (await get(sandbox, 'a', '/ats/tags', { page_size: '2' })).body.data.next!;
    expect((await get(sandbox, 'a', '/ats/tags', { cursor })).status).toBe(200);
    const refused = [
      await get(sandbox, 'b', '/ats/tags', { cursor }),
      await get(sandbox, 'a', '/ats/roles', { cursor }),
      await get(sandbox, 'a', '/ats/tags', { cursor: `${cursor.slice(0, -4)}AAAA` }),
      await get(sandbox, 'a', '/ats/tags', { cursor: 'eyJwYWdlIjoxMn0=' }),
      await get(sandbox, 'a', '/ats/tags', { cursor: '' }),
    ];
    expect(refused.map(({ body }) => body.error.code)).toEqual(Array(5).fill('PLATFORM.INPUT_INVALID'));
  });

  test('have cursors without filters: a request without the filters returns what they left out', async () => {
    const sandbox = testSandbox();
    const ids = sandbox.control.ids(IDS.ATS, 'ats_tags');
    const filter = { ids: [ids[0], ids[5], ids[6]].join(','), page_size: '1' };
    const cursor = (await get(sandbox, IDS.ATS, '/ats/tags', filter)).body.data.next!;
    const forgotten = (await get(sandbox, IDS.ATS, '/ats/tags', { cursor })).body.data.results;
    expect(forgotten.map(({ id }) => id)).toEqual(ids.slice(1));
    const kept = (await get(sandbox, IDS.ATS, '/ats/tags', { ...filter, cursor })).body.data.results;
    expect(kept.map(({ id }) => id)).toEqual([ids[5]]);
  });

  test('show a record twice or not at all if it moves between two requests', async () => {
    const sandbox = testSandbox();
    const ids = sandbox.control.ids(IDS.ATS, 'ats_tags');
    const first = (await get(sandbox, IDS.ATS, '/ats/tags', { page_size: '4' })).body.data;
    sandbox.control.move(IDS.ATS, 'ats_tags', ids[0]!, 'last');
    sandbox.control.move(IDS.ATS, 'ats_tags', ids[7]!, 'first');
    const rest = await readAll(sandbox, IDS.ATS, '/ats/tags', { cursor: first.next! });
    expect(rest.map(({ id }) => id)).toEqual([ids[4], ids[5], ids[6], ids[0]]);
    expect(sandbox.control.ids(IDS.ATS, 'ats_tags')[0]).toBe(ids[7]);
  });

  test('show records that are created meanwhile at the end; updated ones keep their place', async () => {
    const sandbox = testSandbox();
    const ids = sandbox.control.ids(IDS.ATS, 'ats_tags');
    const first = (await get(sandbox, IDS.ATS, '/ats/tags', { page_size: '4' })).body.data;
    sandbox.control.update(IDS.ATS, 'ats_tags', [ids[0]!, ids[6]!]);
    const created = sandbox.control.create(IDS.ATS, 'ats_tags', { count: 2 });
    const rest = await readAll(sandbox, IDS.ATS, '/ats/tags', { cursor: first.next! });
    expect(rest.map(({ id }) => id)).toEqual([...ids.slice(4), ...created]);
  });
});

describe('filters', () => {
  test('updated_after is strict', async () => {
    const clock = testClock();
    const sandbox = testSandbox({ now: clock.now });
    const [id] = sandbox.control.ids(IDS.ATS, 'ats_tags');
    sandbox.control.update(IDS.ATS, 'ats_tags', id!);
    const since = (time: string) => readAll(sandbox, IDS.ATS, '/ats/tags', { updated_after: time });
    expect(await since('2026-06-01T12:00:00.000Z')).toEqual([]);
    for (const time of ['2026-06-01T11:59:59.999Z', '2026-06-01T11:59:59', '2026-06-01']) {
      expect((await since(time)).map((row) => row.id)).toEqual([id]);
    }
  });

  test.each(['2026-06-01T12:00:00+02:00', 'yesterday', '2026-13-45', '1717243200', ''])(
    'updated_after %j is refused',
    async (updated_after) => {
      const answer = await get(testSandbox(), IDS.ATS, '/ats/tags', { updated_after });
      expect([answer.status, answer.body.error.code]).toEqual([400, 'PLATFORM.INPUT_INVALID']);
    },
  );

  test('include_deleted shows deleted records, in full reads and in deltas', async () => {
    const clock = testClock();
    const sandbox = testSandbox({ now: clock.now });
    const ids = sandbox.control.ids(IDS.ATS, 'ats_tags');
    sandbox.control.tombstone(IDS.ATS, 'ats_tags', ids[3]!);
    const since = { updated_after: '2026-06-01' };
    const hidden = await readAll(sandbox, IDS.ATS, '/ats/tags');
    expect(hidden.map(({ id }) => id)).toEqual(ids.filter((id) => id !== ids[3]));
    expect(await readAll(sandbox, IDS.ATS, '/ats/tags', since)).toEqual([]);
    const shown = await readAll(sandbox, IDS.ATS, '/ats/tags', { ...since, include_deleted: 'true' });
    expect(shown).toMatchObject([{ id: ids[3], remote_deleted_at: '2026-06-01T12:00:00.000Z' }]);
    expect((await get(sandbox, IDS.ATS, '/ats/tags', { include_deleted: 'yes' })).status).toBe(400);
  });

  test('ids and remote_ids match any of their values, and both must match', async () => {
    const sandbox = testSandbox();
    const ids = sandbox.control.ids(IDS.ATS, 'ats_tags');
    const rows = (query: Record<string, string>) => readAll(sandbox, IDS.ATS, '/ats/tags', query);
    expect(await rows({ ids: `${ids[4]},nobody,${ids[1]}` })).toMatchObject([{ id: ids[1] }, { id: ids[4] }]);
    expect(await rows({ remote_ids: '2,3' })).toMatchObject([{ id: ids[1] }, { id: ids[2] }]);
    expect(await rows({ ids: ids[1]!, remote_ids: '3' })).toEqual([]);
  });

  test('a parameter that the endpoint does not have is refused', async () => {
    const sandbox = testSandbox();
    for (const [path, name] of [
      ['/ats/tags', 'updatedAfter'],
      ['/assessment/orders', 'updated_after'],
      ['/assessment/orders', 'include_deleted'],
      ['/hris/skills', 'cursor'],
    ] as const) {
      const id = CATALOGUE.find((endpoint) => endpoint.path === path)!.category;
      const answer = await get(sandbox, IDS[id], path, { [name]: 'true' });
      expect([answer.status, answer.body.error.code]).toEqual([400, 'PLATFORM.INPUT_INVALID']);
    }
  });

  test('orders can be filtered by status and creation, and open ones have their own endpoint', async () => {
    const clock = testClock();
    const sandbox = testSandbox({ now: clock.now });
    const orders = (query: Record<string, string>) =>
      readAll(sandbox, IDS.ASSESSMENT, '/assessment/orders', query);
    const open = await orders({ statuses: 'OPEN' });
    const some = await orders({ statuses: 'OPEN,REJECTED' });
    expect(open.length).toBeGreaterThan(0);
    expect(some.length).toBeGreaterThan(open.length);
    const listed = await readAll(sandbox, IDS.ASSESSMENT, '/assessment/orders/open');
    expect(listed.map(({ id }) => id)).toEqual(open.map(({ id }) => id));
    sandbox.control.update(IDS.ASSESSMENT, 'assessment_orders', open[0]!.id);
    const [created] = sandbox.control.create(IDS.ASSESSMENT, 'assessment_orders');
    const later = await orders({ created_after: '2026-06-01T11:00:00.000Z' });
    expect(later.map(({ id }) => id)).toEqual([created]);
  });
});

describe('the data', () => {
  test('is the same for the same seed, and different for another seed', () => {
    const texts = [1, 1, 2].map((seed) => {
      const { control } = createSandbox({ seed, integrations: [{ id: 'x', category: 'HRIS' }] });
      return JSON.stringify([...control.snapshot('x', 'hris_employees')]);
    });
    expect(texts[0]).toBe(texts[1]);
    expect(texts[0]).not.toBe(texts[2]);
  });

  test('is linked: each named record exists, and is nested with its own content', () => {
    const { control } = testSandbox();
    const candidates = control.snapshot(IDS.ATS, 'ats_candidates');
    const jobs = control.snapshot(IDS.ATS, 'ats_jobs');
    for (const application of control.snapshot(IDS.ATS, 'ats_applications').values()) {
      const { first_name, applications } = candidates.get(application['candidate_id'] as string)!;
      expect(application['candidate']).toMatchObject({ id: application['candidate_id'], first_name });
      expect(applications).toContainEqual(expect.objectContaining({ id: application['id'] }));
      expect(application['job']).toMatchObject({ name: jobs.get(application['job_id'] as string)!['name'] });
    }
  });

  test('has a million records of one table without a wait', async () => {
    const sandbox = testSandbox({
      integrations: [{ id: 'big', category: 'ATS', records: { ats_applications: 1_000_000 } }],
    });
    const [id] = sandbox.control.ids('big', 'ats_applications', { offset: 999_999 });
    const answer = await get(sandbox, 'big', '/ats/applications', { ids: id! });
    expect(answer.body.data.results).toMatchObject([{ id, remote_id: '1000000' }]);
    sandbox.control.update('big', 'ats_applications', id!);
    const changed = await readAll(sandbox, 'big', '/ats/applications', { updated_after: '2026-06-01' });
    expect(changed.map((row) => row.id)).toEqual([id]);
  });
});
