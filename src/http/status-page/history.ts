import type { AuditSource } from '../../domain/audit.ts';
import { DRIFT_COUNTS, DRIFT_VERDICTS, type DriftCounts } from '../../domain/counts.ts';
import { relativeTime, spanOfTime, utcTime } from '../../domain/duration.ts';
import {
  quietEndpointsText,
  quietText,
  type PassSummary,
  type SyncSummary,
} from '../../store/reports/history.ts';
import type { ScheduleInfo } from '../../temporal/schedule-state.ts';
import { runUrl, scheduleUrl } from '../../temporal/ui.ts';
import type { IntegrationData } from './data.ts';
import { html, type Html } from './html.ts';
import { code, count, moment, outward, plural, section, soft, tableSection, tag } from './parts.ts';
import { DRIFT_WORDS, OUTCOME_TONES, TRIGGER_WORDS } from './words.ts';

export function showRunning({ running, now, temporalUi }: IntegrationData): Html {
  const open = (sync: SyncSummary) =>
    sync.passes.filter(({ state, sweeping }) => state === 'running' || sweeping);
  return tableSection(
    'running',
    'Running now',
    [
      { title: 'Sync', kind: 'short', cell: nameKind },
      {
        title: 'For',
        kind: 'short',
        cell: ({ startedAt }) => spanOfTime(now.getTime() - startedAt.getTime()),
      },
      {
        title: 'Endpoints done',
        kind: 'number',
        cell: (sync) => count(sync.passes.length - open(sync).length),
      },
      {
        title: 'Under way',
        cell: (sync) =>
          html`${open(sync).map(
            (pass) =>
              html`<small
                >${code(pass.endpoint)} ${plural(pass.counts.records, 'record')},
                ${plural(pass.counts.pages, 'page')}${waits(pass, now)}</small
              >`,
          )}`,
      },
      { title: 'Records', kind: 'number', cell: ({ counts }) => count(counts.records) },
      { title: 'In Temporal', kind: 'short', cell: (sync) => linkRun(sync, temporalUi) },
    ],
    running,
  );
}

/** Why a pass waits. */
function waits({ waitsUntil, error }: PassSummary, now: Date): Html | string {
  if (!waitsUntil || waitsUntil <= now) return '';
  return html`, continues ${relativeTime(waitsUntil, now)}${error ? `: ${error.message}` : ''}`;
}

export function showSyncs({ syncs, now, temporalUi }: IntegrationData): Html {
  return tableSection(
    'syncs',
    'Latest syncs',
    [
      { title: 'Started', kind: 'short', cell: ({ startedAt }) => moment(startedAt, now) },
      { title: 'Kind', kind: 'short', cell: nameKind },
      { title: 'Result', cell: describeResult },
      {
        title: 'Endpoints',
        kind: 'number',
        cell: ({ passes, quietEndpoints }) => count(passes.length + quietEndpoints),
      },
      { title: 'Records', kind: 'number', cell: ({ counts }) => count(counts.records) },
      { title: 'Written', cell: describeWritten },
      { title: 'In Temporal', kind: 'short', cell: (sync) => linkRun(sync, temporalUi) },
    ],
    syncs,
    { empty: 'None yet.' },
  );
}

const nameKind = (sync: SyncSummary) => `${sync.kind}, ${TRIGGER_WORDS[sync.trigger]}`;

function linkRun({ workflowId, runId, startedAt }: SyncSummary, ui: IntegrationData['temporalUi']): Html {
  if (!ui) return html`<span class="id">${code(workflowId)}</span>`;
  const which = html`<span class="hidden"> of ${workflowId}, started ${utcTime(startedAt)}</span>`;
  return outward(runUrl(ui, { workflowId, runId }), html`run${which}`);
}

function describeResult(sync: SyncSummary): Html {
  const failed = sync.passes.filter(({ state }) => state === 'failed' || state === 'abandoned');
  const took = sync.finishedAt ? spanOfTime(sync.finishedAt.getTime() - sync.startedAt.getTime()) : null;
  return html`${tag(sync.status, OUTCOME_TONES[sync.status])} ${took ? html`<small>took ${took}</small>` : ''}
  ${failed.map(({ endpoint, error }) => html`<small>${code(endpoint)}${error ? html`: ${code(error.code)}` : ''}</small>`)}`;
}

function describeWritten(sync: SyncSummary): Html {
  const { counts } = sync;
  const names = ['created', 'updated', 'deleted', 'restored', 'rejected'] as const;
  const parts = names
    .filter((name) => counts[name] > 0)
    .map((name) => `${count(counts[name])} ${name === 'rejected' ? 'set aside' : name}`);
  const quiet = quietEndpointsText(sync);
  const found = parts.length > 0 ? html`${parts.join(', ')}` : soft(quietText(sync) ?? 'nothing new');
  return html`${found}${quiet ? html`<small>${quiet}</small>` : ''}`;
}

export function showSchedules({ schedules, now, temporalUi, integration, links }: IntegrationData): Html {
  if (!schedules) {
    return section(
      'schedules',
      'Schedules',
      html`<p class="empty">
        Temporal cannot be asked now. <a href="${links.to('/readyz')}">Readiness</a> says why.
      </p>`,
    );
  }
  const named = { 'weekly full sync': schedules.fullSync, 'catch-up': schedules.catchUp };
  return tableSection(
    'schedules',
    'Schedules',
    [
      { title: 'What', kind: 'short', cell: ({ name }) => name },
      { title: 'When', kind: 'short', cell: ({ when }) => when },
      { title: 'Next runs', cell: (schedule) => describeNextRuns(schedule, now) },
      {
        title: 'Last run',
        kind: 'short',
        cell: ({ recentRuns }) => {
          const last = recentRuns.at(-1);
          return last ? moment(last.at, now) : soft('none yet');
        },
      },
      {
        title: 'In Temporal',
        cell: ({ id }) =>
          outward(temporalUi && scheduleUrl(temporalUi, id), html`<span class="id">${code(id)}</span>`),
      },
    ],
    Object.entries(named).flatMap(([name, schedule]) => (schedule ? [{ name, ...schedule }] : [])),
    {
      empty:
        integration.status === 'removed' ? 'None.' : html`None. <code>kombo-sync setup</code> makes them.`,
    },
  );
}

function describeNextRuns({ paused, note, nextRuns }: ScheduleInfo, now: Date): Html {
  if (paused) return html`${tag('paused', 'wait')} ${note ? html`<small>${note}</small>` : ''}`;
  const next = nextRuns
    .slice(0, 3)
    .map((at) => html`<small class="ink">${utcTime(at)} (${moment(at, now)})</small>`);
  return html`${next.length > 0 ? next : html`<span class="bad">none</span>`}`;
}

const DRIFT_TITLES: Record<keyof DriftCounts, string> = {
  missing: 'Missing',
  stale: 'Stale',
  wronglyLive: 'Wrongly live',
  wronglyDeleted: 'Wrongly deleted',
  expected: 'Of these expected',
};

/** What the last full syncs had to repair, one row per full sync. */
export function showDrift({ drift, now }: IntegrationData): Html {
  type Report = IntegrationData['drift'][number];
  const sumOf = (name: keyof Report['counts']) => (reports: readonly Report[]) =>
    count(reports.reduce((sum, { counts }) => sum + counts[name], 0));
  return tableSection(
    'drift',
    'Drift',
    [
      { title: 'Full sync', kind: 'short', cell: ([newest]) => moment(newest!.at, now) },
      { title: 'Verdict', cell: describeDrift },
      ...DRIFT_COUNTS.map((name) => ({
        title: DRIFT_TITLES[name],
        kind: 'number' as const,
        cell: sumOf(name),
      })),
    ],
    [...Map.groupBy(drift, ({ syncId }) => syncId).values()],
    { note: 'What the last full syncs had to repair that a delta should have brought.' },
  );
}

/** The worst verdict, and the endpoints that have it. */
function describeDrift(reports: IntegrationData['drift']): Html {
  const worst = DRIFT_VERDICTS.findLast((verdict) => reports.some((one) => one.verdict === verdict))!;
  const where = worst === 'none' ? [] : reports.filter(({ verdict }) => verdict === worst);
  const { label, tone } = DRIFT_WORDS[worst];
  return html`<span class="${tone}">${label}</span
    >${where.map(({ endpoint }) => html`<small>${code(endpoint)}</small>`)}`;
}

export function showDeliveries({ deliveries, now }: IntegrationData): Html {
  return tableSection(
    'deliveries',
    'Webhooks',
    [
      { title: 'Type', cell: ({ type }) => code(type) },
      {
        title: 'Outcome',
        kind: 'short',
        cell: ({ outcome }) =>
          outcome === 'legacy-off' ? 'not acted upon: LEGACY_WEBHOOKS is off' : outcome,
      },
      { title: 'Times', kind: 'number', cell: ({ times }) => count(times) },
      { title: 'First', kind: 'short', cell: ({ firstAt }) => moment(firstAt, now) },
      { title: 'Last', kind: 'short', cell: ({ lastAt }) => moment(lastAt, now) },
    ],
    deliveries,
    { empty: 'None has come yet.' },
  );
}

const ACT_TONES = { done: 'good', failed: 'bad', started: 'wait' } as const;

/** Who did what to it. */
const SOURCE_WORDS: Record<AuditSource, string> = {
  cli: 'on the command line',
  api: 'by the API',
  page: 'on this page',
};

export function showAudit({ audit, now }: IntegrationData): Html {
  return tableSection(
    'audit',
    'Acts by hand',
    [
      { title: 'When', kind: 'short', cell: ({ at }) => moment(at, now) },
      {
        title: 'Act',
        cell: ({ action, details }) =>
          html`${action}${Object.keys(details).length > 0 ? html`<small class="id">${code(JSON.stringify(details))}</small>` : ''}`,
      },
      {
        title: 'Who',
        cell: ({ actor, source, address }) =>
          html`${actor} <small>${SOURCE_WORDS[source]}${address ? `, ${address}` : ''}</small>`,
      },
      {
        title: 'Outcome',
        cell: ({ outcome, message }) =>
          html`${tag(outcome, ACT_TONES[outcome])}${message ? html`<small>${message}</small>` : ''}`,
      },
    ],
    audit,
  );
}
