import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { read, ROOT } from '../docs/markdown.ts';

interface Workflow {
  permissions: Record<string, string>;
  jobs: Record<
    string,
    { 'timeout-minutes': number; steps: { uses?: string; with?: object; run?: string }[] }
  >;
}

const files = readdirSync(`${ROOT}.github/workflows`).map((name) => `.github/workflows/${name}`);

describe.each(files)('%s', (file) => {
  const { permissions, jobs } = parse(read(file)) as Workflow;
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  test('takes actions by the commit of a release', () => {
    const lines = read(file)
      .split('\n')
      .filter((line) => /^\s*- uses:/.test(line));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line).toMatch(/uses: actions\/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test('may read the sources by default, and leaves no credentials behind', () => {
    expect(permissions).toEqual({ contents: 'read' });
    for (const step of steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'))) {
      expect(step.with).toMatchObject({ 'persist-credentials': false });
    }
  });

  test('ends by itself, and runs scripts that there are', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const job of Object.values(jobs)) expect(job['timeout-minutes']).toBeLessThanOrEqual(90);
    for (const { run = '' } of steps) {
      for (const [, script] of run.matchAll(/npm run (\S+)/g)) expect(Object.keys(scripts)).toContain(script);
      // What a pull request is called must not become a command.
      expect(run).not.toMatch(/\$\{\{/);
    }
  });
});
