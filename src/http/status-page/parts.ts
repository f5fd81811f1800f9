import type { Integration } from '../../store/state/integrations.ts';
import { html, type Html } from './html.ts';
import { relativeTime, utcTime } from '../../domain/duration.ts';

/** How good or bad a state is. It sets the colour, which is never the only sign. */
export type Tone = 'good' | 'wait' | 'bad' | 'soft';

export const NOTHING = html``;

export function tag(text: string, tone: Tone): Html {
  return html`<span class="tag ${tone}">${text}</span>`;
}

/** Fills a cell without a value. */
export const NIL = html`<span class="soft nil">none</span>`;

export function soft(text: string | Html): Html {
  return html`<span class="soft">${text}</span>`;
}

/** "2 min ago", with the exact time as its tooltip. */
export function moment(date: Date, now: Date): Html {
  return html`<time datetime="${date.toISOString()}" title="${utcTime(date)}"
    >${relativeTime(date, now)}</time
  >`;
}

/** The exact time and its distance from now. */
export function fullMoment(date: Date, now: Date): Html {
  return html`<time datetime="${date.toISOString()}">${utcTime(date)}</time>
    ${soft(`(${relativeTime(date, now)})`)}`;
}

/** When a parked integration is looked up again; null for others. It has a timer only if it does not need attention. */
export function nextLook(
  { status, needsAttention, retryAt }: Pick<Integration, 'status' | 'needsAttention' | 'retryAt'>,
  show: (date: Date) => Html,
): Html | string | null {
  if (status !== 'parked') return null;
  return retryAt && !needsAttention ? show(retryAt) : 'with the next webhook or scheduled sync';
}

const NUMBERS = new Intl.NumberFormat('en-US');
export const count = (value: number) => NUMBERS.format(value);

/** "1 endpoint", "12 endpoints". */
export const plural = (value: number, one: string, many = `${one}s`) =>
  `${count(value)} ${value === 1 ? one : many}`;

export function code(text: string): Html {
  return html`<code>${text}</code>`;
}

export function codes(texts: readonly string[]): Html {
  return html`${texts.map((text, index) => html`${index > 0 ? ', ' : ''}<code>${text}</code>`)}`;
}

/** A link to another system; only the text if there is no address. */
export function outward(href: string | undefined, text: string | Html): Html {
  return href === undefined ? html`${text}` : html`<a href="${href}">${text}</a>`;
}

interface Column<T> {
  title: string;
  /** Numbers are right-aligned; short cells do not wrap; a wide column leaves room for names. */
  kind?: 'number' | 'short' | 'wide';
  cell: (row: T) => Html | string;
}

/**
 * A table that becomes a list of cards on a phone. The roles keep it a table for screen readers: browsers drop that
 * when the parts have another layout.
 */
export function table<T>(name: string, columns: readonly Column<T>[], rows: readonly T[]): Html {
  return html`<table class="cards" role="table" aria-label="${name}">
    <thead role="rowgroup">
      <tr role="row">
        ${columns.map(
          ({ title, kind }) => html`<th scope="col" role="columnheader" class="${kind ?? ''}">${title}</th>`,
        )}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${rows.map(
        (row) =>
          html`<tr role="row">
            ${columns.map((column, index) => tableCell(column, row, index))}
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function tableCell<T>({ title, kind, cell }: Column<T>, row: T, index: number): Html {
  if (index === 0) return html`<th scope="row" role="rowheader" class="${kind ?? ''}">${cell(row)}</th>`;
  return html`<td role="cell" data-label="${title}" class="${kind ?? ''}">
    <div>${cell(row)}</div>
  </td>`;
}

/** A table with its title. Without rows it shows `empty`, or nothing if there is none. */
export function tableSection<T>(
  id: string,
  title: string,
  columns: readonly Column<T>[],
  rows: readonly T[],
  { empty, note }: { empty?: Html | string; note?: Html | string } = {},
): Html {
  if (rows.length > 0) return section(id, title, table(title, columns, rows), note);
  return empty === undefined ? NOTHING : section(id, title, html`<p class="empty">${empty}</p>`);
}

/** Pairs of name and value, without those that are null. */
export function facts(pairs: readonly (readonly [string, Html | string | null])[]): Html {
  const shown = pairs.filter(([, value]) => value !== null);
  return html`<dl class="facts">
    ${shown.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value!}</dd>
        </div>`,
    )}
  </dl>`;
}

export function section(id: string, title: string, content: Html, note: Html | string = ''): Html {
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${note === '' ? '' : html`<p class="note">${note}</p>`} ${content}
  </section>`;
}
