import { beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { setSchema } from '../../src/http/api/schemas/choice.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { createCliSystem, type CliSystem } from './system.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

const ID = uniqueIntegrationId();
const records = { lms_users: 3, lms_courses: 2, lms_skills: 1, lms_course_progressions: 1 };
let system: CliSystem;

beforeAll(async () => {
  system = await createCliSystem([{ id: ID, category: 'LMS', records }], { EXCLUDE_MODELS: 'lms_skills' });
  await system.worker();
  await system.text(['integrations', 'add', ID]);
  await system.ended(`full-sync/${ID}`);
});

const set = async (args: string[], code = 0) => system.text(['integrations', 'set', ID, ...args], code);

test('a choice shows in every command, its rows can be erased, and it can be undone', async () => {
  const { stdout } = await set(['--models', 'lms_users,lms_course_revisions']);
  expect(stdout).toBe(
    [
      `${ID} reads from now on: lms_users, lms_course_revisions.`,
      'Read: /lms/users, /lms/courses.',
      'Not chosen by MODELS and EXCLUDE_MODELS: /lms/skills.',
      'Not chosen for this integration: /lms/course-progressions.',
      'Rows of what is not chosen stay; --erase erases them.',
      '',
    ].join('\n'),
  );
  const show = (await system.text(['integrations', 'show', ID])).stdout;
  expect(show).toMatch(/^Chosen +lms_users, lms_course_revisions$/m);
  expect(show).toMatch(/^Not chosen +for this integration: \/lms\/course-progressions$/m);
  const status = (await system.text(['status', ID])).stdout;
  expect(status).toMatch(/^\/lms\/course-progressions +not chosen .* since .*; its rows stay$/m);
  expect(status).toMatch(/^Not chosen +by MODELS and EXCLUDE_MODELS: \/lms\/skills$/m);

  const full = await system.text(['sync', 'full', ID, '--wait']);
  expect(full.stdout).toMatch(
    /^\/lms\/course-progressions +full +skipped .*is not chosen for this integration/m,
  );
  const refused = await system.text(['sync', 'full', ID, '--models', 'lms_skills'], 1);
  expect(refused.stderr).toMatch(/lms_skills is not chosen by the settings.*Change MODELS or EXCLUDE_MODELS/);

  expect((await set(['--erase'], 2)).stderr).toMatch(/cannot be undone. Add --yes/);
  expect((await set(['--erase', '--yes'])).stdout).toMatch(/^Erased: 1 row of lms_course_progressions\.$/m);
  expect((await set(['--erase', '--yes'])).stdout).toMatch(/^There were no rows to erase\.$/m);

  const back = await set(['--models', '*']);
  expect(back.stdout).toMatch(/^.* reads from now on: all that the settings allow\.$/m);
  expect(back.stdout).toMatch(/^What is newly chosen is read in full now\.$/m);
});

test('--exclude-models takes patterns, `none` clears it, and --json prints what the API answers', async () => {
  const printed = await system.json(['integrations', 'set', ID, '--exclude-models', 'lms_course*']);
  expect(z.encode(setSchema, z.decode(setSchema, printed as z.input<typeof setSchema>))).toEqual(printed);
  expect(printed).toMatchObject({ integration: { models: null, excludeModels: ['lms_course*'] } });
  expect((await set(['--exclude-models', 'none'])).stdout).toContain('reads from now on: all that');
  const audit = await system.json<{ acts: { action: string; source: string }[] }>([
    'audit',
    ID,
    '--limit',
    '1',
  ]);
  expect(JSON.stringify(audit)).toMatch(/"action":"set".*"source":"cli"|"source":"cli".*"action":"set"/);
});

test('sync full takes patterns for models', async () => {
  await system.ended(`sync/${ID}`).catch(() => {});
  const words = ['sync', 'full', ID, '--models', 'lms_u*', '--wait'];
  const { result } = await system.json<{ result: { endpoints: Record<string, object> } }>(words);
  expect(Object.keys(result.endpoints)).toEqual(['/lms/users']);
});

test.each([
  [[], /Say what to change/],
  [['--models', ''], /Name at least one.*'\*' stands for all of them/],
  [['--models', 'lms_user'], /Unknown model: lms_user \(did you mean lms_users\?\)/],
  [['--exclude-models', '*'], /leaves nothing to read/],
])('set %j is wrong use', async (args, message) => {
  expect((await set(args, 2)).stderr).toMatch(message);
});
