import type { Check } from '../../doctor/check.ts';
import { examine } from '../../doctor/index.ts';
import { Ended, EXIT } from '../support/errors.ts';
import type { Output } from '../support/output.ts';
import { jsonText, screenText } from '../support/terminal.ts';

const SIGNS: Record<Check['status'], string> = { ok: '✓', warn: '!', fail: '✗' };

export async function doctor({ json }: { json?: boolean }, output: Output): Promise<void> {
  const show = (some: readonly Check[]) => output.writeOut(screenText(some.map(line).join('\n')));
  const checks = await examine(json ? () => {} : show);
  const healthy = checks.every((check) => check.status !== 'fail');
  if (json) output.writeOut(jsonText({ healthy, checks }));
  if (!healthy) throw new Ended(EXIT.failed);
}

function line({ name, status, message, remedy }: Check): string {
  const head = `${SIGNS[status]} ${name}: ${message}`;
  return remedy ? `${head}\n    → ${remedy}` : head;
}
