import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { ROOT } from '../docs/markdown.ts';

const SCRIPT = `
  import { createLogger } from './src/log.ts';
  const log = createLogger({ level: 'info', format: process.argv[1] });
  const hostile = 'red\\u001b]52;c;eA==\\u0007\\u001b[31m \\u009b2J\\u202e end';
  log.warn({ name: hostile, err: new Error(hostile) }, hostile);
`;

function logged(format: 'pretty' | 'json'): string {
  const args = ['--input-type=module', '--eval', SCRIPT, format];
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' };
  const { stderr, status } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', env });
  expect(status).toBe(0);
  return stderr;
}

test('control characters from outside never reach a terminal through the log', () => {
  const text = logged('pretty');
  expect(text.match(/red 2J end/g)?.length).toBeGreaterThanOrEqual(3);
  expect(text).toMatch(/Error: red 2J end\n +at /);
  expect(text).not.toMatch(/[^\P{C}\n]|52;c/u);
});

test('a log line in JSON has the exact text', () => {
  const { msg, err } = JSON.parse(logged('json')) as { msg: string; err: { message: string } };
  expect(msg).toBe('red\u001b]52;c;eA==\u0007\u001b[31m \u009b2J\u202e end');
  expect(err.message).toBe(msg);
});
