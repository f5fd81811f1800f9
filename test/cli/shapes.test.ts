import { beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { cancelledSchema, pausedSchema, resumedSchema } from '../../src/http/api/schemas/acts.ts';
import { setSchema } from '../../src/http/api/schemas/choice.ts';
import { consumerSchema, consumersSchema } from '../../src/http/api/schemas/consumers.ts';
import type { Shape } from '../../src/http/api/schemas/common.ts';
import {
  addedSchema,
  detailSchema,
  lifeSchema,
  listSchema,
  removedSchema,
} from '../../src/http/api/schemas/integrations.ts';
import {
  auditSchema,
  changesSchema,
  cutoverSchema,
  unknownSchema,
} from '../../src/http/api/schemas/reports.ts';
import { driftsSchema, startedSchema, syncsSchema } from '../../src/http/api/schemas/syncs.ts';
import { noteUnknown } from '../../src/store/state/unknown-integrations.ts';
import { startApi } from '../http/api.ts';
import { insertDebt } from '../support/debts.ts';
import { eventually } from '../support/poll.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { createCliSystem, type CliSystem } from './system.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

const ID = uniqueIntegrationId();
const UI = { TEMPORAL_UI_URL: 'http://localhost:8233' };
const records = { lms_users: 3, lms_courses: 3, lms_skills: 3, lms_course_progressions: 3 };

let system: CliSystem;

beforeAll(async () => {
  system = await createCliSystem([{ id: ID, category: 'LMS', records }], UI);
  await system.worker();
  await system.text(['integrations', 'add', ID]);
  await system.ended(`full-sync/${ID}`);
  // The second full sync has something to compare with.
  await system.text(['sync', 'full', ID, '--wait']);
  await insertDebt(system.store, ID, {
    endpoint: '/lms/skills',
    kind: 'delta',
    dueAt: new Date(Date.now() + 3_600_000),
    failure: { failures: 2 },
  });
  await system.store.pool.query(
    `insert into kombo_sync.consumers (name, seq) values ('search-index', kombo_sync.changes_horizon())`,
  );
  for (const id of ['nobody:1', 'nobody:2']) await noteUnknown(system.store, id);
});

/** A document as a schema reads and writes it. Fields that the schema does not know are lost. */
const by = (schema: z.ZodType, document: unknown) => z.encode(schema, z.decode(schema, document));

async function ask(path: string): Promise<unknown> {
  const { call } = await startApi(system.store, { ...UI, TASK_QUEUE: system.env['TASK_QUEUE']! });
  const answer = await call('GET', path);
  expect(answer.statusCode).toBe(200);
  return answer.json();
}

describe('the command line prints what the API answers', () => {
  test.each<[string, string, z.ZodType]>([
    ['status', '/integrations', listSchema],
    ['integrations list --status active', '/integrations?status=active', listSchema],
    ['integrations list --unknown --limit 1', '/unknown-integrations?limit=1', unknownSchema],
    [`status ${ID}`, `/integrations/${ID}`, detailSchema],
    [`sync history ${ID} --limit 1`, `/integrations/${ID}/syncs?limit=1`, syncsSchema],
    [`drift ${ID} --limit 1`, `/integrations/${ID}/drift?limit=1`, driftsSchema],
    [`audit ${ID} --limit 1`, `/audit?integration=${ID}&limit=1`, auditSchema],
    ['consumers list', '/consumers', consumersSchema],
    ['consumers show search-index', '/consumers/search-index', consumerSchema],
    ['changes --limit 3', '/changes?limit=3', changesSchema],
    ['changes --table lms_skills', '/changes?table=lms_skills', changesSchema],
  ])('%s is %s', async (command, path, schema) => {
    const printed = await system.json(command.split(' '));
    expect(by(schema, printed)).toEqual(printed);
    expect(printed).toEqual(await ask(path));
  });

  test('cutover prints what the cutover report of the API answers', async () => {
    const printed = await system.json(['cutover', ID], 1);
    expect(by(cutoverSchema, printed)).toEqual(printed);
    expect(printed).toEqual(await ask(`/integrations/${ID}/cutover`));
  });

  test('integrations show prints a part of the detail', async () => {
    const printed = await system.json(['integrations', 'show', ID]);
    expect(by(lifeSchema, printed)).toEqual(printed);
    expect(await ask(`/integrations/${ID}`)).toMatchObject(printed);
  });

  test('a list has what runs, the next try, failures and totals', async () => {
    expect(await system.json(['status'])).toMatchObject({
      integrations: [
        {
          id: ID,
          lastFullAt: expect.any(String) as string,
          nextTryAt: expect.any(String) as string,
          runningSince: null,
          runningFull: false,
        },
      ],
      totals: { byStatus: { active: 1 }, failedEndpoints: 1 },
      failing: [{ integrationId: ID, endpoint: '/lms/skills', kind: 'delta', failures: 2 }],
    });
  });
});

test('the newest page ends where the next one begins', async () => {
  for (const [command, list] of [
    ['sync history', 'syncs'],
    ['drift', 'drift'],
  ] as const) {
    type Page = Record<'syncs' | 'drift', { syncId: string; endpoint: string }[]> & { next: string };
    const words = [...command.split(' '), ID, '--limit', '1'];
    const first = await system.json<Page>(words);
    const second = await system.json<Page>([...words, '--after', first.next]);
    expect(second[list][0]).toMatchObject({ syncId: expect.any(String) as string });
    expect(second[list]).not.toEqual(first[list]);
    expect((await system.text(words)).stdout).toContain(
      `kombo-sync ${command} ${ID} --after ${first.next}\n`,
    );
    expect((await system.text([...words, '--after', 'nonsense'], 2)).stderr).toContain('"next"');
  }
});

test('a run is shown with what it reads', async () => {
  const stall = { kind: 'stall', integration: ID, endpoint: '/lms/users', count: 'always' } as const;
  const fault = system.control.addFault(stall);
  const started = await system.json(['sync', 'full', ID]);
  expect(by(startedSchema, started)).toEqual(started);
  const shown = await eventually(async () => {
    const detail = await system.json<{ running: { passes: object[] }[] }>(['status', ID]);
    return detail.running.some(({ passes }) => passes.length > 0) ? detail : undefined;
  });
  expect(by(detailSchema, shown)).toEqual(shown);
  await system.text(['sync', 'cancel', ID]);
  system.control.removeFault(fault);
  await system.ended(`full-sync/${ID}`);
});

test('acts answer with the same shapes', async () => {
  const acts: [words: string[], schema: z.ZodType][] = [
    [['integrations', 'add', ID, '--no-sync'], addedSchema],
    [['integrations', 'pause', ID, '--reason', 'a reason'], pausedSchema],
    [['integrations', 'resume', ID], resumedSchema],
    [['integrations', 'set', ID, '--models', 'lms_users'], setSchema],
    [['integrations', 'set', ID, '--models', '*'], setSchema],
    [['sync', 'now', ID], startedSchema],
    [['sync', 'cancel', ID], cancelledSchema],
    [['integrations', 'remove', ID], removedSchema],
  ];
  for (const [words, schema] of acts) {
    const printed = await system.json(words);
    expect(by(schema, printed)).toEqual(printed);
    if (words.includes('resume')) {
      expect(printed).toMatchObject({ resumed: true, sync: { workflowId: `sync/${ID}`, integrationId: ID } });
    }
    await system.ended(`sync/${ID}`);
  }
});

test('a schema with fewer, more or other fields than the type does not compile', () => {
  const exact = { a: z.string(), b: z.number().nullable() } satisfies Shape<{ a: string; b: number | null }>;
  // @ts-expect-error a field is missing
  const less = { a: z.string() } satisfies Shape<{ a: string; b: number }>;
  // @ts-expect-error a field is not of the type
  const more = { a: z.string(), b: z.number() } satisfies Shape<{ a: string }>;
  // @ts-expect-error a field has another meaning
  const other = { a: z.number() } satisfies Shape<{ a: string }>;
  expect([exact, less, more, other].map((shape) => Object.keys(shape).length)).toEqual([2, 1, 2, 1]);
});
