import { shellWord } from '../../domain/text.ts';
import { utcTime } from '../../domain/duration.ts';
import { requireIntegration } from '../../operations/require.ts';
import type { Listed } from '../../store/listed.ts';
import { listAudit, type AuditEntry } from '../../store/state/audit.ts';
import type { Context } from '../support/context.ts';
import { table } from '../support/format.ts';

interface Options {
  limit: number;
  before?: number;
}

export async function handle(
  context: Context,
  id: string | undefined,
  { limit, before }: Options,
): Promise<void> {
  const store = context.store();
  const page = await listAudit(store, { integrationId: id, after: before, limit });
  // An attempt to add an id that Kombo does not know has acts but no integration.
  if (id !== undefined && page.entries.length === 0) await requireIntegration(store, id);
  context.print(page, () => auditText(page, id));
}

function auditText({ entries, next }: Listed<AuditEntry, number>, id: string | undefined): string {
  if (entries.length === 0) return 'Nothing has been done by hand.';
  const rows = entries.map((act) => [
    act.id,
    utcTime(act.at),
    act.actor,
    act.address ? `${act.source} ${act.address}` : act.source,
    act.action,
    act.integrationId,
    act.outcome,
    [detailsText(act.details), act.message].filter(Boolean).join(' · '),
  ]);
  const text = table(['NO', 'AT', 'WHO', 'FROM', 'DID', 'INTEGRATION', 'OUTCOME', 'DETAILS'], rows);
  const command = `kombo-sync audit${id === undefined ? '' : ` ${shellWord(id)}`} --before ${next}`;
  return next === null ? text : `${text}\n\nEarlier ones: ${command}`;
}

/** For example `reason=a test, erase=true`. */
function detailsText(details: Record<string, unknown>): string {
  return Object.entries(details)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}
