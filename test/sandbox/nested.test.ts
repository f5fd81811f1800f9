import { describe, expect, test } from 'vitest';
import { linkOfJoin, linksBetween, modelOf } from '../../sandbox/model/index.ts';
import { CATALOGUE } from '../../src/domain/catalogue/index.ts';
import { get, IDS, readAll, testClock, testSandbox } from './support.ts';

const SINCE = '2026-06-01T00:00:00.000Z';

/** The models that an endpoint holds by one link. A copy behind two links belongs to the record between them. */
const HELD = CATALOGUE.filter(({ delta }) => delta === 'updated_after').flatMap(({ models, ...endpoint }) =>
  Object.entries(models)
    .filter(
      ([model, relation]) =>
        relation === 'delta' || (relation !== 'own' && isLinked(modelOf(endpoint.table).name, model)),
    )
    .map(([model, relation]) => ({ ...endpoint, model, relation })),
);

function isLinked(holder: string, model: string): boolean {
  const target = linkOfJoin(model)?.from ?? model;
  if (target === holder) return true;
  return linksBetween(holder, target).length + linksBetween(target, holder).length > 0;
}

/** Changes nested data of the first record that has some, and reads a delta. */
async function changeNested({ path, table, category, model }: (typeof HELD)[number]) {
  const sandbox = testSandbox({ now: testClock().now });
  const { control } = sandbox;
  const id = control.ids(IDS[category], table).find((candidate) => {
    try {
      control.updateNested(IDS[category], table, candidate, model);
      return true;
    } catch {
      return false;
    }
  });
  expect(control.pendingModels(IDS[category])).toEqual([model]);
  return { id, rows: await readAll(sandbox, IDS[category], path, { updated_after: SINCE }) };
}

describe.each(HELD.filter(({ relation }) => relation === 'delta'))('$model in $path', (held) => {
  test('a delta returns the record after a change, with the same changed_at', async () => {
    const { id, rows } = await changeNested(held);
    const row = rows.find((candidate) => candidate.id === id)!;
    expect(Date.parse(row.changed_at)).toBeLessThan(Date.parse(SINCE));
  });
});

describe.each(HELD.filter(({ relation }) => relation !== 'delta'))('$model in $path ($relation)', (held) => {
  test('a delta does not return the record after a change', async () => {
    expect(await changeNested(held)).toMatchObject({ id: expect.any(String), rows: [] });
  });
});

describe('copies', () => {
  test('are always current, although only their own delta shows the change', async () => {
    const sandbox = testSandbox();
    const [application] = await readAll(sandbox, IDS.ATS, '/ats/applications');
    sandbox.control.update(IDS.ATS, 'ats_jobs', application!['job_id'] as string, { name: 'Astronaut' });
    const ids = { ids: application!.id };
    const again = (await get(sandbox, IDS.ATS, '/ats/applications', ids)).body.data.results[0];
    expect(again).toMatchObject({ changed_at: application!.changed_at, job: { name: 'Astronaut' } });
  });

  test('change at both ends if a link moves', async () => {
    const clock = testClock();
    const sandbox = testSandbox({ now: clock.now });
    const { control } = sandbox;
    const [first, , other] = control.ids(IDS.ATS, 'ats_candidates');
    const [application] = [...control.snapshot(IDS.ATS, 'ats_applications').values()];
    expect(application!['candidate_id']).toBe(first);
    control.update(IDS.ATS, 'ats_applications', application!['id'] as string, { candidate_id: other });
    const rows = await readAll(sandbox, IDS.ATS, '/ats/candidates', { updated_after: '2026-06-01' });
    expect(rows.map(({ id }) => id)).toEqual([first, other]);
    const held = rows.map((row) => (row['applications'] as { id: string }[]).map(({ id }) => id));
    expect(held[0]).not.toContain(application!['id']);
    expect(held[1]).toContain(application!['id']);
  });

  test('return in a delta of their holder when a nested record is created or deleted', async () => {
    const clock = testClock();
    const sandbox = testSandbox({ now: clock.now });
    const { control } = sandbox;
    const [employee] = control.ids(IDS.HRIS, 'hris_employees');
    const [created] = control.create(IDS.HRIS, 'hris_employments', { fields: { employee_id: employee } });
    const changed = () =>
      readAll(sandbox, IDS.HRIS, '/hris/employees', {
        updated_after: clock.now().toISOString().slice(0, 10),
      });
    const nested = async () => {
      const rows = await changed();
      expect(rows.map(({ id }) => id)).toEqual([employee]);
      return (rows[0]!['employments'] as { id: string }[]).map(({ id }) => id);
    };
    expect(await nested()).toContain(created);
    clock.advance(86_400_000);
    expect(await changed()).toEqual([]);
    control.tombstone(IDS.HRIS, 'hris_employments', created!);
    expect(await nested()).not.toContain(created);
  });
});
