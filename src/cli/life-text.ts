import type { Integration } from '../store/integrations.ts';
import { absolute, relative } from './format.ts';

/** Status with the reason, as `parked since 3 h: Its setup is not finished. …` */
export function statusText(
  integration: Pick<Integration, 'status' | 'statusSince' | 'statusReason'>,
): string {
  const { status, statusSince, statusReason } = integration;
  const since = `${status} since ${absolute(statusSince)}`;
  return statusReason ? `${since}: ${statusReason}` : since;
}

/** The run that waited for it was cancelled. */
const NO_TIMER = 'with the next webhook or scheduled sync';

/** When an integration that is not read is looked at again; null where that says nothing. */
export function nextLook(
  integration: Pick<Integration, 'status' | 'needsPerson' | 'retryAt' | 'id'>,
): string | null {
  const { id, status, needsPerson, retryAt } = integration;
  if (status === 'paused') return `with: kombo-sync integrations resume ${id}`;
  if (status !== 'parked') return null;
  if (needsPerson) return 'when a person has acted; a webhook or the catch-up finds out';
  return retryAt ? nextTry(retryAt) : NO_TIMER;
}

/** When something that failed is tried again. Where that moment is past, the run that waited for it was cancelled or is late. */
export function nextTry(at: Date | null, now = new Date()): string {
  return at && at > now ? relative(at, now)! : 'with the next sync';
}

/** What becomes of the data of a removed integration. */
export function erasureText(erasedAt: Date | null, eraseAt: Date | null): string {
  if (erasedAt) return `Its data were erased at ${absolute(erasedAt)}.`;
  if (!eraseAt) return 'Its data are kept (DELETED_RETENTION is off).';
  return eraseAt <= new Date()
    ? 'Its data are being erased.'
    : `Its data are erased at ${absolute(eraseAt)} (${relative(eraseAt)}).`;
}
