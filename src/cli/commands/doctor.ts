import type { Check } from '../../doctor/check.ts';
import { examine } from '../../doctor/index.ts';
import { EXIT } from '../support/errors.ts';
import { jsonText, screenText } from '../support/terminal.ts';

const SIGNS: Record<Check['status'], string> = { ok: '✓', warn: '!', fail: '✗' };

export async function doctor({ json }: { json?: boolean }): Promise<void> {
  const show = (some: readonly Check[]) => void process.stdout.write(screenText(some.map(line).join('\n')));
  const checks = await examine(json ? () => {} : show);
  const healthy = checks.every((check) => check.status !== 'fail');
  if (json) process.stdout.write(jsonText({ healthy, checks }));
  if (!healthy) process.exitCode = EXIT.failed;
}

function line({ name, status, message, remedy }: Check): string {
  const head = `${SIGNS[status]} ${name}: ${message}`;
  return remedy ? `${head}\n    → ${remedy}` : head;
}
