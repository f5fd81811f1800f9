import { CATEGORIES } from '../../domain/catalogue/index.ts';
import { INTEGRATION_STATUSES } from '../../domain/life.ts';
import type { ListData } from './data.ts';
import { html, type Html } from './html.ts';
import type { PageQuery } from './query.ts';
import { count } from './parts.ts';
import { STATUS_WORDS } from './words.ts';

/**
 * The search box. A page that refreshes itself would discard what you are typing, so it has a link instead, which opens
 * the same page without refreshing.
 */
export function searchForm({ query, links }: Pick<ListData, 'query' | 'links'>): Html {
  const { search, status, category, failing, refresh } = query;
  if (refresh !== null) {
    const href = links.list({ ...query, refresh: null, search: search ?? '' });
    const sought = [search, category].filter(Boolean).join(', ');
    return html`<p class="search">
      <a class="field" href="${href}">${sought ? `Found by: ${sought}` : 'Search'}</a>
      <span class="note">searching stops the refreshing</span>
    </p>`;
  }
  return html`<form class="search" role="search" method="get" action="${links.list({})}">
    <div>
      <label for="q">Name, id or tool</label>
      <input
        id="q"
        name="q"
        type="search"
        maxlength="200"
        value="${search ?? ''}"
        ${search === '' ? html`autofocus` : ''}
      />
    </div>
    <div>
      <label for="category">Category</label>
      <select id="category" name="category">
        <option value="">all</option>
        ${CATEGORIES.map((one) => html`<option ${one === category ? html`selected` : ''}>${one}</option>`)}
      </select>
    </div>
    ${status ? html`<input type="hidden" name="status" value="${status}" />` : ''}
    ${failing ? html`<input type="hidden" name="failing" value="1" />` : ''}
    <button>Search</button>
  </form>`;
}

/** One link for each state, with the number of integrations that the search finds in it. */
export function filters({ query, links, found }: Pick<ListData, 'query' | 'links' | 'found'>): Html {
  const link = (text: string, amount: number, chosen: Pick<PageQuery, 'status' | 'failing'>) => {
    const current = query.status === chosen.status && query.failing === chosen.failing;
    return html`<li>
      <a
        href="${links.list({ ...query, ...chosen, after: null })}"
        ${current ? html`aria-current="true"` : ''}
        >${text} <span class="amount">${count(amount)}</span></a
      >
    </li>`;
  };
  const byStatus = INTEGRATION_STATUSES.map((status) =>
    link(STATUS_WORDS[status].label, found.byStatus[status], { status, failing: false }),
  );
  return html`<nav aria-label="Filter">
    <ul class="filters">
      ${link('All', found.total, { status: null, failing: false })}
      ${link('Failing', found.failing, { status: null, failing: true })} ${byStatus}
    </ul>
  </nav>`;
}
