import type { Command } from 'commander';
import type { AuditEntry } from '../../store/audit.ts';
import { addCommand } from '../define.ts';
import { absolute, table } from '../format.ts';
import { parseCount } from '../options.ts';
import { run } from '../run.ts';

interface Options {
  limit: number;
  before?: number;
}

export function register(program: Command): void {
  addCommand(program, 'audit [id]', 'Show what people have done by command or API, newest first', [
    'audit',
    'audit personio:CBNMt7dSNCzBdnRTx87dev4E --limit 20',
    'audit --before 1200   (go on after act 1200)',
  ])
    .option('--limit <n>', 'acts at most', parseCount(10_000), 50)
    .option('--before <n>', 'only acts before the one with this number', parseCount(Number.MAX_SAFE_INTEGER))
    .action(
      run(['DATABASE_URL'], async (context, id: string | undefined, { limit, before }: Options) => {
        const { listAudit } = await import('../../store/audit.ts');
        const { requireIntegration } = await import('../../operations/require.ts');
        const store = await context.store();
        const acts = await listAudit(store, { integrationId: id, before, limit });
        // You may have tried to add one that Kombo does not know: that is an act too.
        if (id !== undefined && acts.length === 0) await requireIntegration(store, id);
        const next = acts.length === limit ? acts.at(-1)!.id : null;
        context.print({ acts, next }, () => auditText(acts, id, next));
      }),
    );
}

function auditText(acts: AuditEntry[], id: string | undefined, next: number | null): string {
  if (acts.length === 0) return 'Nothing was done by hand.';
  const rows = acts.map((act) => [
    act.id,
    absolute(act.at),
    act.actor,
    act.address ? `${act.source} ${act.address}` : act.source,
    act.action,
    act.integrationId,
    act.outcome,
    [detailsText(act.details), act.message].filter(Boolean).join(' · '),
  ]);
  const text = table(['NO', 'AT', 'WHO', 'FROM', 'DID', 'INTEGRATION', 'OUTCOME', 'DETAILS'], rows);
  const command = `kombo-sync audit${id === undefined ? '' : ` ${id}`} --before ${next}`;
  return next === null ? text : `${text}\n\nEarlier ones: ${command}`;
}

/** As `reason=a test, erase=true`. */
function detailsText(details: Record<string, unknown>): string {
  return Object.entries(details)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}
