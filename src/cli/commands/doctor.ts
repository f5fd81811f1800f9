import type { Check } from '../../doctor/check.ts';
import { examine } from '../../doctor/index.ts';
import { EXIT } from '../support/errors.ts';
import { jsonText, screenText } from '../support/terminal.ts';

const SIGNS: Record<Check['status'], string> = { ok: '✓', warn: '!', fail: '✗' };

export async function doctor({ json }: { json?: boolean }): Promise<void> {
  const checks = await examine();
  const healthy = checks.every((check) => check.status !== 'fail');
  process.stdout.write(json ? jsonText({ healthy, checks }) : screenText(checks.map(line).join('\n')));
  if (!healthy) process.exitCode = EXIT.failed;
}

function line({ name, status, message, remedy }: Check): string {
  const head = `${SIGNS[status]} ${name}: ${message}`;
  return remedy ? `${head}\n    → ${remedy}` : head;
}
