import { CHOOSERS, type Choice, type Chooser, type NotChosen } from '../../domain/choice.ts';
import { shellWord } from '../../domain/text.ts';
import { utcTime } from '../../domain/duration.ts';
import type { IntegrationLife } from '../../operations/show.ts';
import type { PassSummary } from '../../store/reports/history.ts';
import type { Integration } from '../../store/state/integrations.ts';
import { fullTime, relative } from './format.ts';

/** Status with the reason, for example `parked since 2026-01-15 12:00:00 UTC: Its setup is not finished.` */
export function statusText(
  integration: Pick<Integration, 'status' | 'statusSince' | 'statusReason'>,
): string {
  const { status, statusSince, statusReason } = integration;
  const since = `${status} since ${utcTime(statusSince)}`;
  return statusReason ? `${since}: ${statusReason}` : since;
}

/** For the case that the run that waited for it was cancelled. */
const NO_TIMER = 'with the next webhook or scheduled sync';

/** When an integration that is not read is looked up again; null if it is neither paused nor parked. */
export function nextLook(
  integration: Pick<Integration, 'status' | 'needsAttention' | 'retryAt' | 'id'>,
): string | null {
  const { id, status, needsAttention, retryAt } = integration;
  if (status === 'paused') return `with: kombo-sync integrations resume ${shellWord(id)}`;
  if (status !== 'parked') return null;
  if (needsAttention) return 'with the next webhook or catch-up after you act at Kombo';
  return retryAt ? nextTry(retryAt) : NO_TIMER;
}

/** When a failed read is tried again. If that time is past, the run that waited for it was cancelled or is late. */
export function nextTry(at: Date | null, now = new Date()): string {
  return at && at > now ? relative(at, now)! : 'with the next sync';
}

/** Why a pass waits, and until when; null while it reads. */
export function waitText(
  { waitsUntil, error }: Pick<PassSummary, 'waitsUntil' | 'error'>,
  now = new Date(),
): string | null {
  if (!waitsUntil || waitsUntil <= now) return null;
  return `continues ${relative(waitsUntil, now)}${error ? `: ${error.message}` : ''}`;
}

/** What happens to the data of a removed integration. */
export function erasureText({ erasedAt, erasure }: Pick<IntegrationLife, 'erasedAt' | 'erasure'>): string {
  if (erasedAt) return `Its data was erased at ${utcTime(erasedAt)}.`;
  if (!erasure) return 'Its data is kept (DELETED_RETENTION is off).';
  return erasure.at <= new Date()
    ? 'Its data is being erased.'
    : `Its data will be erased at ${fullTime(erasure.at)}.`;
}

/** The choice of an integration, for example `hris_*, not hris_payslips`; null if it has none. */
export function choiceText({ models, excludeModels }: Choice): string | null {
  const parts = [
    models && models.join(', '),
    excludeModels && `${models ? '' : 'everything, but '}not ${excludeModels.join(', ')}`,
  ].filter((part) => part !== null);
  return parts.length > 0 ? parts.join(', ') : null;
}

const CHOOSER_WORDS: Record<Chooser, string> = {
  settings: 'by MODELS and EXCLUDE_MODELS',
  integration: 'for this integration',
};

/** What is not chosen, one line for each kind of setting, for example `for this integration: /hris/absences`. */
export function notChosenText(notChosen: readonly NotChosen[]): string[] {
  return CHOOSERS.flatMap((chooser) => {
    const paths = notChosen.filter(({ by }) => by === chooser).map(({ endpoint }) => endpoint);
    return paths.length > 0 ? [`${CHOOSER_WORDS[chooser]}: ${paths.join(', ')}`] : [];
  });
}

/** A line with the cancelled syncs; no line if there are none. */
export function cancelledText(workflowIds: readonly string[]): string[] {
  return workflowIds.length > 0 ? [`Cancelled: ${workflowIds.join(', ')}.`] : [];
}
