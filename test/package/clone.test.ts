import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { read, ROOT } from '../docs/markdown.ts';

const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
const CHECK = './scripts/require-node.js';

test('a Node that is too old for the sources says what to do, and a newer one says nothing', () => {
  const run = (...options: string[]) => {
    const args = [...options, '--import', CHECK, '--eval', ''];
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
    return { status, stderr };
  };
  expect(run()).toEqual({ status: 0, stderr: '' });
  expect(run('--no-experimental-strip-types')).toEqual({
    status: 1,
    stderr: expect.stringMatching(/ is v\d+\..* Run: npm ci --ignore-scripts=false, or .*\n$/) as string,
  });
});

test('everything that runs the sources in a clone checks for it', () => {
  expect(scripts['start']).toBe(`node --import ${CHECK} src/cli/main.ts dev`);
  expect(scripts['cli']).toBe(`node --import ${CHECK} src/cli/main.ts`);
  expect(read('vitest.config.ts')).toContain(`import '${CHECK}';`);
});

test('npm installs all that a clone needs, even if NODE_ENV or a setting of yours leaves packages out', () => {
  expect(read('.npmrc')).toMatch(/^include\[\]=dev\ninclude\[\]=optional$/m);
  // The image is for production, so that stage does not need the file.
  const [dependencies] = read('Dockerfile').split('npm ci --omit=dev');
  expect(dependencies).toMatch(/^COPY package\.json package-lock\.json \.\/$/m);
});
