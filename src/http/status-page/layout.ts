import { packageVersion } from '../../version.ts';
import type { Session } from '../access/admin-gate.ts';
import { html, Html } from './html.ts';
import { workflowsUrl, type TemporalUi } from '../../temporal/ui.ts';
import { soft } from './parts.ts';
import { REFRESH_SECONDS, type Links, type PageQuery } from './query.ts';
import { STYLE } from './style.ts';

/** What every page behind the login gets. */
export interface Frame {
  now: Date;
  query: PageQuery;
  links: Links;
  temporalUi: TemporalUi | undefined;
  session: Session;
}

const VERSION = packageVersion();

/** A page behind the login: header, content, footer. A page with `refreshed` can reload itself. */
export function page(
  frame: Frame,
  options: {
    title: string;
    content: Html;
    current?: '/' | '/cutover';
    refreshed?: boolean;
    /** Where a refresh leads, if that is another address. */
    refreshTo?: string;
  },
): string {
  const { query, links, temporalUi } = frame;
  const { title, content, current, refreshed, refreshTo } = options;
  const { refresh } = query;
  const link = (name: '/' | '/cutover', href: string, text: string) =>
    html`<a href="${href}" ${currentMark(name === current)}>${text}</a>`;
  const refreshing = refreshed && query.refresh !== null;
  const reloading = `${query.refresh}${refreshTo === undefined ? '' : `; url=${refreshTo}`}`;
  return document(
    title,
    html`
      <a class="skip" href="#content">Skip to the content</a>
      <header class="bar">
        <span><span class="brand">kombo-sync</span> ${soft(VERSION)}</span>
        <nav aria-label="Main">
          ${link('/', links.list({ refresh }), 'Integrations')}
          ${link('/cutover', links.cutover({ refresh }), 'Cutover')}
          ${temporalUi ? html`<a href="${workflowsUrl(temporalUi)}">Temporal</a>` : ''}
          <a href="${links.to('/api/docs/')}">API</a> <a href="${links.to('/metrics')}">Metrics</a>
        </nav>
        ${frame.session.role === 'viewer' ? soft('reads only') : ''}
        <form method="post" action="${links.to('/logout')}"><button class="plain">Log out</button></form>
      </header>
      <main id="content" tabindex="-1">${content}</main>
      <footer>Times are UTC · <a href="${links.to('/readyz')}">readiness</a></footer>
    `,
    refreshing ? html`<meta http-equiv="refresh" content="${reloading}" />` : '',
  );
}

function currentMark(current: boolean): Html {
  return current ? html`aria-current="page"` : html``;
}

/** When the page was made, and a link that starts or stops its refreshing. */
export function freshness({ now, query }: Frame, path: (query: PageQuery) => string): Html {
  const time = html`<time datetime="${now.toISOString()}">${now.toISOString().slice(11, 19)}</time>`;
  if (query.refresh === null) {
    const href = path({ ...query, refresh: REFRESH_SECONDS });
    return html`<p class="asof">As of ${time} · <a href="${href}">Refresh every ${REFRESH_SECONDS} s</a></p>`;
  }
  const href = path({ ...query, refresh: null });
  return html`<p class="asof">
    As of ${time} · refreshes every ${query.refresh} s · <a href="${href}">Stop refreshing</a>
  </p>`;
}

/** @param next where the login leads, below the base of the links. */
export function loginPage(links: Links, next: string, message = ''): string {
  return small(
    'Log in',
    html`<form class="login" method="post" action="${links.to('/login')}">
      <label for="token">Token</label>
      <input
        id="token"
        name="token"
        type="password"
        autocomplete="current-password"
        required
        autofocus
        ${message ? html`aria-describedby="problem" aria-invalid="true"` : ''}
      />
      ${message ? html`<p id="problem" class="bad" role="alert">${message}</p>` : ''}
      <input type="text" name="username" value="admin" autocomplete="username" hidden />
      <input type="hidden" name="next" value="${next}" />
      <button>Show status</button>
      <p class="note">
        It is the value of <code>ADMIN_TOKEN</code>, or of <code>VIEWER_TOKEN</code>, which only reads.
      </p>
    </form>`,
  );
}

export function messagePage(title: string, message: string, more: Html | string = ''): string {
  return small(
    title,
    html`<p>${message}</p>
      ${more}`,
  );
}

function small(title: string, content: Html): string {
  return document(
    title,
    html`<header class="bar"><span class="brand">kombo-sync</span></header>
      <main class="small">
        <h1>${title}</h1>
        ${content}
      </main>`,
  );
}

function document(title: string, body: Html, head: Html | string = ''): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · kombo-sync</title>
        ${head} ${new Html(`<style>${STYLE}</style>`)}
      </head>
      <body>
        ${body}
      </body>
    </html>`.toString();
}
