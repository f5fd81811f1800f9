import { shellWord } from '../../domain/text.ts';
import type { IntegrationData } from './data.ts';
import type { IntegrationOverview } from '../../store/reports/overview.ts';
import { showActs, showDone } from './act-forms.ts';
import { showEndpoints } from './endpoints.ts';
import { showAudit, showDeliveries, showDrift, showRunning, showSchedules, showSyncs } from './history.ts';
import { html, type Html } from './html.ts';
import { freshness, page, type Frame } from './layout.ts';
import { showIssues } from './issues.ts';
import { integrationUrl } from '../../temporal/ui.ts';
import { code, codes, facts, fullMoment, nextLook, outward, section, tag } from './parts.ts';
import { stateWords, whyNotFresh } from './words.ts';

export function integrationPage(data: IntegrationData): string {
  const { integration, query, links } = data;
  const { id, organizationName, originId, tool, category } = integration;
  const name = organizationName ?? id;
  const inTemporal = data.temporalUi && integrationUrl(data.temporalUi, id);
  const content = html`
    <p class="back"><a href="${links.list({ refresh: query.refresh })}">All integrations</a></p>
    <div class="head">
      <div>
        <h1>${name}</h1>
        <p>
          ${code(id)} · ${tool} ·
          ${category}${originId === null ? '' : html` · your id ${code(originId)}`}${inTemporal ? html` · ${outward(inTemporal, 'its runs in Temporal')}` : ''}
        </p>
      </div>
      ${freshness(data, (to) => links.integration(id, to))}
    </div>
    ${showDone(data)} ${showState(data)} ${showActs(data)}
    ${showIssues('Open issues at Kombo', data.issues, data.now)} ${showRunning(data)} ${showEndpoints(data)}
    ${showSyncs(data)} ${showSchedules(data)} ${showDrift(data)} ${showDeliveries(data)} ${showAudit(data)}
    ${showCommands(integration)}
  `;
  const refreshTo = links.integration(id, query);
  return page(data, { title: name, content, refreshed: true, refreshTo });
}

function showState({ integration, now, retentionMs, schedules }: IntegrationData): Html {
  const { label, tone, reason, remedy, command } = stateWords(integration);
  const { status, statusCode, statusReason, statusSince, needsAttention, removedAt, erasedAt } = integration;
  const when = (date: Date | null) => date && fullMoment(date, now);
  const need = status === 'parked' && needsAttention ? html` <span class="need">needs you</span>` : '';
  const said = status === 'parked' && statusReason !== null && statusReason !== reason;
  const atKombo = [integration.komboState, integration.setupStatus && `setup ${integration.setupStatus}`];
  return section(
    'state',
    'State',
    facts([
      ['State', html`${tag(label, tone)}${need}`],
      ['Since', when(statusSince)],
      ['Why', reason],
      ['What to do', remedy && html`${remedy} ${command ? code(command) : ''}`],
      ['Noted', said ? html`${statusCode ? html`${code(statusCode)} ` : ''}${statusReason}` : null],
      ['Next look', nextLook(integration, (date) => fullMoment(date, now))],
      ['Fresh as of', when(integration.freshAsOf) ?? whyNotFresh(integration)],
      ['Last sync', when(integration.lastSyncAt)],
      ['Last full sync', when(integration.lastFullAt) ?? 'never done'],
      ['Next full sync', when(schedules?.fullSync?.nextRuns[0] ?? null)],
      ['At Kombo', atKombo.filter(Boolean).join(', ') || null],
      ['Looked up', when(integration.lookedUpAt)],
      ['Connected at Kombo', when(integration.komboCreatedAt)],
      ['Known here since', when(integration.createdAt)],
      ['Deletion reported', when(integration.announcedDeletedAt)],
      ['Data stale since', when(integration.dataExpiredAt)],
      ['Removed', when(removedAt)],
      ['Its data', status === 'removed' ? describeData({ removedAt, erasedAt, retentionMs, now }) : null],
      ['Chosen', integration.models && codes(integration.models)],
      ['Excluded', integration.excludeModels && codes(integration.excludeModels)],
      [
        'Not chosen',
        integration.notChosen.length > 0
          ? codes(integration.notChosen.map(({ endpoint }) => endpoint))
          : null,
      ],
      [
        'Not offered by the tool',
        integration.unavailableModels.length > 0 ? codes(integration.unavailableModels) : null,
      ],
    ]),
  );
}

function describeData(
  facts: Pick<IntegrationData, 'retentionMs' | 'now'> & { removedAt: Date | null; erasedAt: Date | null },
): Html | string {
  const { removedAt, erasedAt, retentionMs, now } = facts;
  if (erasedAt) return html`erased ${fullMoment(erasedAt, now)}`;
  if (retentionMs === null) return 'kept: DELETED_RETENTION is off';
  if (removedAt === null) return 'kept';
  const due = new Date(removedAt.getTime() + retentionMs);
  return due > now ? html`erased from ${fullMoment(due, now)} on` : 'being erased';
}

function showCommands({ id, status }: IntegrationOverview): Html {
  const lines =
    status === 'removed'
      ? [`kombo-sync integrations add ${shellWord(id)}`]
      : [
          `kombo-sync sync now ${shellWord(id)}`,
          `kombo-sync sync full ${shellWord(id)} --wait`,
          status === 'paused'
            ? `kombo-sync integrations resume ${shellWord(id)}`
            : `kombo-sync integrations pause ${shellWord(id)} --reason "…"`,
        ];
  return section(
    'commands',
    'Commands',
    html`<pre tabindex="0" aria-label="Commands">${lines.join('\n')}</pre>`,
  );
}

export function unknownIntegrationPage(frame: Frame, id: string): string {
  const content = html`
    <div class="head"><h1>Not found</h1></div>
    <p>There is no integration ${code(id)}.</p>
    <p>
      <a href="${frame.links.list({ refresh: frame.query.refresh })}">All integrations</a> shows those that
      are here; ${code(`kombo-sync integrations add ${shellWord(id)}`)} adds it.
    </p>
  `;
  return page(frame, { title: 'Not found', content });
}
