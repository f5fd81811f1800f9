import type { ListData } from './data.ts';
import type { UnknownIntegration } from '../../store/state/unknown-integrations.ts';
import type { IntegrationOverview } from '../../store/reports/overview.ts';
import { showConsumers } from './consumers.ts';
import { filters, searchForm } from './filters.ts';
import { html, type Html } from './html.ts';
import { freshness, page } from './layout.ts';
import { issueTitles, showIssues } from './issues.ts';
import { integrationUrl } from '../../temporal/ui.ts';
import { notices } from './notices.ts';
import {
  code,
  codes,
  count,
  moment,
  nextLook,
  NIL,
  NOTHING,
  outward,
  plural,
  soft,
  table,
  tableSection,
  tag,
} from './parts.ts';
import { spanOfTime } from '../../domain/duration.ts';
import { DRIFT_WORDS, stateWords, whyNotFresh } from './words.ts';

export function listPage(data: ListData): string {
  const { totals, integrations, unknown, now } = data;
  const ofAll = data.issues.filter(({ integrationId }) => integrationId === null);
  const content = html`
    <div class="head">
      <div>
        <h1>Integrations</h1>
        <p>${count(totals.byStatus.active)} of ${count(totals.total)} integrations active</p>
      </div>
      ${freshness(data, data.links.list)}
    </div>
    ${notices(data)} ${showIssues('Open issues of the whole environment', ofAll, now)}
    ${
      totals.total === 0
        ? showNone()
        : html`${searchForm(data)} ${filters(data)} ${showResults(integrations, data)}`
    }
    ${showConsumers(data.consumers, now)} ${showUnknown(unknown, data.notices.unknown, now)}
    ${showKeptOut(data)}
  `;
  return page(data, { title: 'Integrations', content, current: '/', refreshed: true });
}

/** Which fields are excluded or hashed, and why. */
function showKeptOut({ keptOut: { excluded, hashed } }: ListData): Html {
  if (excluded.length + hashed.length === 0) return NOTHING;
  const row = (title: string, names: readonly string[]) =>
    names.length > 0 ? html`<p>${title}: ${codes(names)}</p>` : NOTHING;
  return html`<details class="kept-out">
    <summary>
      ${plural(excluded.length + hashed.length, 'field')} not stored as
      ${excluded.length + hashed.length === 1 ? 'it comes' : 'they come'}
    </summary>
    ${row('Excluded', excluded)} ${row('Stored as a hash', hashed)}
  </details>`;
}

function showNone(): Html {
  return html`<p class="empty">
    No integrations yet. They appear with their first webhook, or by
    <code>kombo-sync integrations add &lt;id&gt;</code>.
  </p>`;
}

function showResults(integrations: readonly IntegrationOverview[], data: ListData): Html {
  const { query, links, found, next, now } = data;
  if (integrations.length === 0) {
    return html`<p class="empty" role="status">
      No integration matches. <a href="${links.list({ refresh: query.refresh })}">Show all</a>
    </p>`;
  }
  const total = query.failing ? found.failing : query.status ? found.byStatus[query.status] : found.total;
  const first =
    query.after === null ? NOTHING : html`<a href="${links.list({ ...query, after: null })}">First page</a>`;
  const following =
    next === null ? NOTHING : html`<a href="${links.list({ ...query, after: next })}">Next page</a>`;
  return html`
    ${table(
      'Integrations',
      [
        { title: 'Integration', kind: 'wide', cell: (one) => describeName(one, data) },
        { title: 'State', cell: (one) => describeState(one, data) },
        { title: 'Fresh as of', cell: (one) => describeFreshness(one, now) },
        { title: 'Full sync', cell: (one) => describeFullSync(one, data) },
        { title: 'Failing endpoints', cell: (one) => describeFailing(one, now) },
      ],
      integrations,
    )}
    <nav class="pages" aria-label="Pages">
      <span>${count(integrations.length)} of ${count(total)} shown</span> ${first} ${following}
    </nav>
  `;
}

function describeName(integration: IntegrationOverview, data: ListData): Html {
  const { id, tool, category, organizationName, originId } = integration;
  const href = data.links.integration(id, data.query);
  const inTemporal = data.temporalUi && integrationUrl(data.temporalUi, id);
  return html`
    <a class="name" href="${href}">${organizationName ?? id}</a>
    ${organizationName ? html`<small class="id">${code(id)}</small>` : ''}
    <small>
      ${tool} ·
      ${category}${originId === null ? '' : html` · your id ${code(originId)}`}${
        inTemporal
          ? html` · ${outward(inTemporal, html`Temporal<span class="hidden"> runs of ${id}</span>`)}`
          : ''
      }
    </small>
  `;
}

function describeState(integration: IntegrationOverview, { now, issues }: ListData): Html {
  const own = issues.filter(({ integrationId }) => integrationId === integration.id);
  const { label, tone, reason, remedy, command } = stateWords(integration);
  const { status, statusSince, needsAttention, runningPasses, runningRecords, runningSince } = integration;
  const look = nextLook(integration, (date) => moment(date, now));
  const running =
    runningPasses > 0 && runningSince
      ? html`<small
          >${integration.runningFull ? 'Full sync' : 'Sync'} running for
          ${spanOfTime(now.getTime() - runningSince.getTime())}: ${count(runningPasses)}
          ${runningPasses === 1 ? 'endpoint' : 'endpoints'} under way, ${count(runningRecords)} records so
          far</small
        >`
      : '';
  return html`
    ${tag(label, tone)}
    ${status === 'parked' && needsAttention ? html`<span class="need">needs you</span>` : ''}
    ${status === 'active' ? '' : html`<small>since ${moment(statusSince, now)}</small>`}
    ${reason ? html`<small class="ink">${reason}</small>` : ''}
    ${remedy ? html`<small>${remedy}</small>` : ''} ${command ? html`<small>${code(command)}</small>` : ''}
    ${look ? html`<small>Next look ${look}</small>` : ''} ${issueTitles(own, now)} ${running}
  `;
}

function describeFreshness(integration: IntegrationOverview, now: Date): Html {
  const { freshAsOf, status, lastSyncAt, runningPasses } = integration;
  const synced = lastSyncAt ? html`<small>last sync ${moment(lastSyncAt, now)}</small>` : '';
  if (freshAsOf) return html`${moment(freshAsOf, now)} ${synced}`;
  const first =
    status === 'active' && runningPasses > 0 ? 'being read for the first time' : whyNotFresh(integration);
  return html`${soft(first)} ${synced}`;
}

function describeFullSync({ id, status, lastFullAt, drift }: IntegrationOverview, data: ListData): Html {
  const verdict = drift && DRIFT_WORDS[drift];
  const last = lastFullAt ? html`last ${moment(lastFullAt, data.now)}` : soft('never done');
  return html`${last} ${verdict ? html`<small class="${verdict.tone}">${verdict.label}</small>` : ''}
  ${status === 'removed' ? '' : html`<small>${describeNextFullSync(id, data)}</small>`}`;
}

/** Shows what the schedule itself says, not the settings. */
function describeNextFullSync(
  id: string,
  { nextFullSyncs, now }: Pick<ListData, 'nextFullSyncs' | 'now'>,
): Html {
  if (!nextFullSyncs) return html`next: Temporal cannot be asked`;
  const schedule = nextFullSyncs.get(id);
  if (!schedule) return html`<span class="bad">no schedule: kombo-sync setup</span>`;
  if (schedule.paused) return html`<span class="wait">schedule paused</span>`;
  return schedule.nextRun
    ? html`next ${moment(schedule.nextRun, now)}`
    : html`<span class="bad">no next run</span>`;
}

function describeFailing(integration: IntegrationOverview, now: Date): Html {
  const { status, failedEndpoints, endpointsNeedingAttention, nextTryAt } = integration;
  if (status !== 'active' || failedEndpoints.length === 0) return NIL;
  const needing = endpointsNeedingAttention.length > 0;
  return html`${codes(failedEndpoints)}
  ${needing ? html`<small><span class="need">needs you</span></small>` : ''}
  ${nextTryAt ? html`<small>next try ${nextTryAt > now ? moment(nextTryAt, now) : 'with the next sync'}</small>` : ''}`;
}

function showUnknown(unknown: readonly UnknownIntegration[], total: number, now: Date): Html {
  return tableSection(
    'unknown',
    'Ids that Kombo does not know',
    [
      { title: 'Id', kind: 'wide', cell: ({ id }) => code(id) },
      { title: 'Webhooks', kind: 'number', cell: ({ times }) => count(times) },
      { title: 'First', kind: 'short', cell: ({ firstSeenAt }) => moment(firstSeenAt, now) },
      { title: 'Last', kind: 'short', cell: ({ lastSeenAt }) => moment(lastSeenAt, now) },
    ],
    unknown,
    {
      note: html`Webhooks have named ${total === 1 ? 'an integration' : html`${count(total)} integrations`}
        that Kombo does not show to
        us${total > unknown.length ? html`; the newest ${count(unknown.length)} of them` : ''}. Mostly the
        webhook belongs to another environment: compare it with <code>KOMBO_API_KEY</code> and
        <code>KOMBO_API_URL</code>.`,
    },
  );
}
