import { utcTime } from '../../domain/duration.ts';
import type { CutoverCheck, IntegrationCutover, Verdict } from '../../domain/cutover.ts';
import { cutoverReport, type CutoverReport } from '../../operations/cutover.ts';
import type { Context } from '../support/context.ts';
import { EXIT, type ExitCode } from '../support/errors.ts';
import { plural, table } from '../support/format.ts';
import { sayIfSlow } from '../support/say-if-slow.ts';
import { notChosenText } from '../support/integration-text.ts';

export async function handle(
  context: Context,
  id: string | undefined,
  { syncs, all = false }: { syncs: number; all?: boolean },
): Promise<ExitCode> {
  const work = cutoverReport(await context.operations(), { id, syncs });
  const of = id === undefined ? 'every integration' : id;
  const report = await sayIfSlow(context, `Looking at the webhooks, syncs and schedules of ${of} …`, work);
  context.print(report, () => cutoverText(report, id, all));
  return report.verdict === 'ready' ? EXIT.done : EXIT.failed;
}

/** So many that are not ready are shown, unless you ask for all. */
const SHOWN = 100;
/** More than these are not listed when they are ready, only counted. */
const READY_LISTED = 20;
/** Above this many integrations, a table also shows which checks most of them lack. */
const MANY = 10;
const ORDER: Verdict[] = ['blocked', 'wait', 'ready'];

/** Verdicts, below them what is missing and what to do next, and in the end what it comes to. */
export function cutoverText(report: CutoverReport, id?: string, all = false): string {
  const { integrations } = report;
  if (integrations.length === 0) {
    const remedy = id === undefined ? ' "kombo-sync integrations add" adds those that exist.' : '';
    return `${report.message}${remedy}`;
  }
  const notReady = integrations.filter(({ verdict }) => verdict !== 'ready');
  const shown = all ? byVerdict(notReady) : byVerdict(notReady).slice(0, SHOWN);
  const listed = integrations.length <= READY_LISTED ? integrations : shown;
  const parts = [
    listed.length > 0 && verdictTable(listed),
    ...shown.map(missingText),
    shown.length < notReady.length &&
      `The first ${shown.length} of ${notReady.length} that are not ready are shown, blocked ones first. Every one: kombo-sync cutover --all`,
    notReady.length > MANY && checksText(notReady),
    [sumText(report), ...notChosenLines(report), legacyText(report), report.message]
      .filter((line) => line !== '')
      .join('\n'),
  ];
  return parts.filter(Boolean).join('\n\n');
}

function verdictTable(integrations: readonly IntegrationCutover[]): string {
  return table(
    ['INTEGRATION', 'VERDICT', 'MISSING'],
    byVerdict(integrations).map(({ integrationId, verdict, checks }) => [
      integrationId,
      verdict,
      missing(checks)
        .map(({ name }) => name)
        .join(', '),
    ]),
  );
}

function missingText({ integrationId, verdict, checks }: IntegrationCutover): string {
  const lines = missing(checks).flatMap(({ name, verdict: found, message, remedy }) => [
    `  ${found === 'blocked' ? '✗' : '…'} ${name}: ${message}`,
    remedy && `    → ${remedy}`,
  ]);
  return [`${integrationId} (${verdict})`, ...lines].filter(Boolean).join('\n');
}

/** How many integrations lack which check. */
function checksText(integrations: readonly IntegrationCutover[]): string {
  const checks = integrations.flatMap((one) => missing(one.checks));
  const groups = Map.groupBy(checks, ({ name }) => name);
  const rows = [...groups].map(([name, found]) => [
    name,
    found.filter(({ verdict }) => verdict === 'blocked').length,
    found.filter(({ verdict }) => verdict === 'wait').length,
  ]);
  return table(['MISSING', 'BLOCKED', 'WAIT'], rows);
}

function sumText({ counts, integrations }: CutoverReport): string {
  const parts = ORDER.toReversed().map((verdict) => `${counts[verdict]} ${verdict}`);
  return `${plural(integrations.length, 'integration')}: ${parts.join(', ')}.`;
}

/** Endpoints that are not chosen are not a gap, but you should know about them. */
function notChosenLines({ integrations }: CutoverReport): string[] {
  const [one] = integrations;
  if (one && integrations.length === 1) {
    return notChosenText(one.notChosen).map((text) => `Not chosen ${text}. This is not a gap.`);
  }
  const count = integrations.filter(({ notChosen }) => notChosen.length > 0).length;
  return count === 0
    ? []
    : [`Not every endpoint is chosen for ${plural(count, 'integration')}. This is not a gap.`];
}

function legacyText({ legacy }: CutoverReport): string {
  if (legacy.lastSeenAt === null) return 'No legacy webhook has come.';
  const { times, types, lastSeenAt } = legacy;
  return `Legacy webhooks so far: ${times} (${types.join(', ')}), last at ${utcTime(lastSeenAt)}.`;
}

const missing = (checks: readonly CutoverCheck[]) => checks.filter(({ verdict }) => verdict !== 'ready');

/** Blocked ones first, each kind in the order of ids. */
function byVerdict(integrations: readonly IntegrationCutover[]): IntegrationCutover[] {
  return integrations.toSorted((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict));
}
