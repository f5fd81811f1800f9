import type { Command } from 'commander';
import type { Check } from '../../doctor/check.ts';
import { addCommand } from '../support/define.ts';
import { EXIT } from '../support/errors.ts';

const SIGNS: Record<Check['status'], string> = { ok: '✓', warn: '!', fail: '✗' };

export function register(program: Command): void {
  addCommand(
    program,
    'doctor',
    'Check every setting and dependency and say the remedy; exit 1 if something is wrong',
    ['doctor'],
  ).action(async (options: { json?: boolean }) => {
    const { examine } = await import('../../doctor/index.ts');
    const checks = await examine();
    const healthy = checks.every((check) => check.status !== 'fail');
    const text = options.json ? JSON.stringify({ healthy, checks }) : checks.map(line).join('\n');
    process.stdout.write(`${text}\n`);
    if (!healthy) process.exitCode = EXIT.failed;
  });
}

function line({ name, status, message, remedy }: Check): string {
  const head = `${SIGNS[status]} ${name}: ${message}`;
  return remedy ? `${head}\n    → ${remedy}` : head;
}
