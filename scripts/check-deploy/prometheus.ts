import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachePlace } from '../../src/dev/processes/cache.ts';

/*
 * Checks the alert rules and plays their tests with promtool, the tool of Prometheus: the one that PROMTOOL_PATH names, the one
 * on PATH, or one that Go builds once, from the module proxy.
 */

const VERSION = 'v0.305.0';
const MODULE = `github.com/prometheus/prometheus/cmd/promtool`;
const FOLDER = fileURLToPath(new URL('../../deploy/prometheus/', import.meta.url));
const CHECKS = [
  ['check', 'rules', '--lint=all', '--lint-fatal', 'alerts.yaml'],
  ['test', 'rules', 'alerts.test.yaml'],
];

const promtool = findPromtool();
for (const args of CHECKS) {
  const { status } = run(promtool, args, { cwd: FOLDER });
  if (status !== 0) process.exit(1);
}

function findPromtool(): string {
  const named = process.env['PROMTOOL_PATH'];
  if (named) return named;
  if (spawnSync('promtool', ['--version']).status === 0) return 'promtool';
  const folder = path.join(cachePlace(process.env), 'promtool');
  const built = path.join(folder, `promtool-${VERSION}`);
  if (!existsSync(built)) build(folder, built);
  return built;
}

/** `go install` refuses a module with replacements of its own, so one that only needs it builds it. */
function build(folder: string, target: string): void {
  console.error(`Building promtool ${VERSION} once with Go, some minutes. It is kept in ${folder}.`);
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(path.join(folder, 'build-'));
  try {
    writeFileSync(path.join(work, 'go.mod'), 'module promtool\n');
    const env = { ...process.env, CGO_ENABLED: '0' };
    const steps = [
      ['get', `${MODULE}@${VERSION}`],
      ['build', '-o', 'promtool', MODULE],
    ];
    for (const args of steps) {
      const { status, error } = run('go', args, { cwd: work, env });
      if (status !== 0) throw new Error(`go ${args.join(' ')} failed${error ? `: ${error.message}` : ''}.`);
    }
    renameSync(path.join(work, 'promtool'), target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function run(command: string, args: readonly string[], options: { cwd: string; env?: NodeJS.ProcessEnv }) {
  return spawnSync(command, args, { stdio: 'inherit', ...options });
}
