import { spanOfTime, timeTaken } from '../../domain/duration.ts';
import { plural } from '../support/format.ts';
import type { EndpointView, SyncView } from './meter.ts';

/** For example `/ats/jobs: 12 pages, 3000 records of about 8000 (37%), 250/s, ends in about 20 s`. */
export function endpointText(view: EndpointView): string {
  const { endpoint, state, pages, records, rate, tookMs, endsInMs, waits } = view;
  const read = `${plural(pages, 'page')}, ${plural(records, 'record')}`;
  const speed = rate === null ? [] : [`${Math.round(rate)}/s`];
  if (waits) return `${endpoint}: ${read}${ofExpected(view)}, ${waits}`;
  if (state === 'running') {
    const ends = endsInMs === null ? [] : [`ends in about ${spanOfTime(Math.max(1_000, endsInMs))}`];
    return `${endpoint}: ${[`${read}${ofExpected(view)}`, ...speed, ...ends].join(', ')}`;
  }
  if (state === 'sweeping') return `${endpoint}: ${read}, now asking Kombo about what the listing lacks`;
  const took = tookMs === null ? '' : ` in ${timeTaken(tookMs)}`;
  const telling = tookMs !== null && tookMs >= 1_000 && records > 0;
  return `${endpoint}: ${state}, ${read}${took}${telling ? ` (${speed[0]})` : ''}`;
}

/** The progress of the whole sync, in one line. */
export function syncLine(integrationId: string, view: SyncView): string {
  const reading = view.endpoints.filter(({ state }) => state === 'running' || state === 'sweeping');
  const parts = [
    `${view.total === null ? view.ended : `${view.ended}/${Math.max(view.total, view.endpoints.length)}`} endpoints`,
    plural(view.records, 'record'),
    view.rate !== null && `${Math.round(view.rate)}/s`,
    view.endsInMs !== null && `ends in about ${spanOfTime(Math.max(1_000, view.endsInMs))}`,
    reading.length > 0 && `reading ${reading.map(shortText).join(', ')}`,
  ].filter(Boolean);
  return `${integrationId}  ${parts.join(' · ')}`;
}

function shortText(view: EndpointView): string {
  const share = shareOf(view);
  return share === null ? `${view.endpoint} ${view.records}` : `${view.endpoint} ${share}%`;
}

function ofExpected(view: EndpointView): string {
  const share = shareOf(view);
  return share === null ? '' : ` of about ${view.expected} (${share}%)`;
}

/** At most 99: Kombo may list more records than the last time. */
function shareOf({ expected, records }: EndpointView): number | null {
  return expected ? Math.min(99, Math.floor((100 * records) / expected)) : null;
}
