import type { IntegrationOverview } from '../../store/overview.ts';
import { html, Html } from './html.ts';
import { relativeTime } from './relative-time.ts';
import { STYLE } from './style.ts';

export interface StatusPageData {
  now: Date;
  integrations: readonly IntegrationOverview[];
  /** Start of the next full sync by integration id; undefined while Temporal cannot be reached. */
  nextFullSyncs: ReadonlyMap<string, Date> | undefined;
  temporalUi?: { url: string; namespace: string };
}

const REFRESH_SECONDS = 15;

export function statusPage(data: StatusPageData): string {
  const { integrations, temporalUi, now } = data;
  const active = integrations.filter((integration) => integration.status === 'active').length;
  const temporalLink = temporalUi
    ? html`<a href="${temporalUi.url}/namespaces/${encodeURIComponent(temporalUi.namespace)}/workflows"
        >Temporal</a
      >`
    : '';
  return layout(
    html`
      <header>
        <h1>kombo-sync</h1>
        <p>${active} of ${integrations.length} integrations active · ${now.toISOString().slice(0, 19)}Z</p>
        <nav>
          ${temporalLink}
          <a href="/api/docs">API</a>
          <a href="/metrics">Metrics</a>
          <form method="post" action="/logout"><button>Log out</button></form>
        </nav>
      </header>
      <main class="scroll">${integrations.length > 0 ? table(data) : noIntegrations()}</main>
    `,
    html`<meta http-equiv="refresh" content="${REFRESH_SECONDS}" />`,
  );
}

export function loginPage(message = ''): string {
  return layout(html`
    <header><h1>kombo-sync</h1></header>
    <form method="post" action="/login">
      <label for="token">Admin token</label>
      <input id="token" name="token" type="password" autocomplete="current-password" required autofocus />
      ${message ? html`<span class="bad" role="alert">${message}</span>` : ''}
      <button>Show status</button>
    </form>
  `);
}

export function messagePage(message: string): string {
  return layout(html`
    <header><h1>kombo-sync</h1></header>
    <p>${message}</p>
  `);
}

function layout(body: Html, head: Html | string = ''): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>kombo-sync</title>
        ${head} ${new Html(`<style>${STYLE}</style>`)}
      </head>
      <body>
        ${body}
      </body>
    </html>`.toString();
}

function noIntegrations(): Html {
  return html`<p>
    No integrations yet. They appear with their first webhook, or by
    <code>kombo-sync integrations add &lt;id&gt;</code>.
  </p>`;
}

function table(data: StatusPageData): Html {
  return html`<table>
    <thead>
      <tr>
        <th scope="col">Integration</th>
        <th scope="col">Category</th>
        <th scope="col">Status</th>
        <th scope="col">Freshness</th>
        <th scope="col">Last sync</th>
        <th scope="col">Failing endpoints</th>
        <th scope="col">Next full sync</th>
      </tr>
    </thead>
    <tbody>
      ${data.integrations.map((integration) => row(integration, data))}
    </tbody>
  </table>`;
}

function row(integration: IntegrationOverview, data: StatusPageData): Html {
  const { id, organizationName, failedEndpoints, lastSyncAt, freshAsOf } = integration;
  return html`<tr>
    <td>
      ${name(integration, data)}
      <small>${organizationName ? `${organizationName} · ${integration.tool}` : integration.tool}</small>
    </td>
    <td>${integration.category}</td>
    <td class="wrap">${status(integration)}</td>
    <td>
      ${freshAsOf ? html`as of ${moment(freshAsOf, data.now)}` : html`<span class="soft">not complete</span>`}
    </td>
    <td>${lastSyncAt ? moment(lastSyncAt, data.now) : html`<span class="soft">never</span>`}</td>
    <td class="wrap">${failing(failedEndpoints)}</td>
    <td>${nextFullSync(id, data)}</td>
  </tr>`;
}

function name({ id }: IntegrationOverview, { temporalUi }: StatusPageData): Html {
  if (!temporalUi) return html`<code>${id}</code>`;
  const query = encodeURIComponent(`KomboIntegrationId="${id}"`);
  const namespace = encodeURIComponent(temporalUi.namespace);
  return html`<a href="${temporalUi.url}/namespaces/${namespace}/workflows?query=${query}"
    ><code>${id}</code></a
  >`;
}

function status({ status, statusReason, runningPasses }: IntegrationOverview): Html {
  const tone = { active: 'good', paused: 'wait', parked: 'bad', removed: 'soft' }[status];
  const detail = statusReason ?? (runningPasses > 0 ? `${runningPasses} passes running` : '');
  return html`<span class="${tone}">${status}</span>${detail ? html`<small>${detail}</small>` : ''}`;
}

function failing(endpoints: readonly string[]): Html {
  if (endpoints.length === 0) return html`<span class="soft">none</span>`;
  return html`<span class="bad">${endpoints.join(', ')}</span>`;
}

function nextFullSync(id: string, { nextFullSyncs, now }: StatusPageData): Html {
  if (!nextFullSyncs) return html`<span class="soft">Temporal unreachable</span>`;
  const next = nextFullSyncs.get(id);
  return next ? moment(next, now) : html`<span class="soft">none planned</span>`;
}

function moment(date: Date, now: Date): Html {
  const iso = date.toISOString();
  return html`<time datetime="${iso}" title="${iso}">${relativeTime(date, now)}</time>`;
}
