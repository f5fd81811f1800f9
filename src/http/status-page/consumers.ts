import { MOST_BEHIND, type Consumer } from '../../store/state/consumers.ts';
import { spanOfTime } from '../../domain/duration.ts';
import { html, type Html } from './html.ts';
import { code, codes, count, moment, NIL, plural, soft, tableSection } from './parts.ts';

/** What reads the change feed under a name. */
export function showConsumers(consumers: readonly Consumer[], now: Date): Html {
  return tableSection(
    'consumers',
    'Consumers of the change feed',
    [
      { title: 'Consumer', kind: 'wide', cell: describeName },
      { title: 'Position', kind: 'number', cell: ({ seq }) => count(seq) },
      { title: 'Unread', cell: describeUnread },
      { title: 'Works in', cell: ({ holder }) => (holder === null ? soft('no process') : code(holder)) },
      { title: 'Last error', cell: (one) => describeError(one, now) },
    ],
    consumers,
  );
}

function describeName({ name, tables, copying }: Consumer): Html {
  return html`<strong>${name}</strong> ${tables === null ? '' : html`<small>${codes(tables)}</small>`}
    ${copying === null ? '' : html`<small>reads the live rows of ${code(copying)} first</small>`}`;
}

function describeUnread({ behind, lagSeconds }: Consumer): Html {
  if (behind === 0) return NIL;
  const changes = behind === MOST_BEHIND ? `${count(behind)} changes or more` : plural(behind, 'change');
  return html`${changes}<small>the oldest for ${spanOfTime(lagSeconds * 1_000)}</small>`;
}

function describeError({ lastError, lastErrorAt, failures }: Consumer, now: Date): Html {
  const error =
    lastError && lastErrorAt
      ? html`<span class="bad">${lastError}</span><small>${moment(lastErrorAt, now)}</small>`
      : '';
  const skipped = failures > 0 ? html`<small class="bad">${plural(failures, 'change')} skipped</small>` : '';
  return error || skipped ? html`${error} ${skipped}` : NIL;
}
