import { DRIFT_COUNTS, DRIFT_VERDICTS, type DriftCounts } from '../../domain/counts.ts';
import type { SyncSummary } from '../../store/reports/history.ts';
import type { ScheduleInfo } from '../../temporal/schedule-state.ts';
import { html, type Html } from './html.ts';
import type { IntegrationData } from './data.ts';
import { runUrl, scheduleUrl } from '../../temporal/ui.ts';
import { code, count, moment, outward, plural, section, soft, table, tag, type Column } from './parts.ts';
import { spanOfTime, utcTime } from '../../domain/duration.ts';
import { DRIFT_WORDS, OUTCOME_TONES, TRIGGER_WORDS } from './words.ts';

export function runningNow({ running, now, temporalUi }: IntegrationData): Html {
  if (running.length === 0) return html``;
  return section(
    'running',
    'Running now',
    table(
      'Running syncs',
      [
        { title: 'Sync', kind: 'short' },
        { title: 'For', kind: 'short' },
        { title: 'Endpoints done', kind: 'number' },
        { title: 'Under way' },
        { title: 'Records', kind: 'number' },
        { title: 'In Temporal', kind: 'short' },
      ],
      running.map((sync) => {
        const open = sync.passes.filter(({ state }) => state === 'running');
        return [
          html`${kind(sync)}`,
          html`${spanOfTime(now.getTime() - sync.startedAt.getTime())}`,
          html`${count(sync.passes.length - open.length)}`,
          html`${open.map(
            ({ endpoint, counts }) =>
              html`<small
                >${code(endpoint)} ${plural(counts.records, 'record')}, ${plural(counts.pages, 'page')}</small
              >`,
          )}`,
          html`${count(sync.counts.records)}`,
          run(sync, temporalUi),
        ];
      }),
    ),
  );
}

export function syncs({ syncs, now, temporalUi }: IntegrationData): Html {
  if (syncs.length === 0) return section('syncs', 'Latest syncs', html`<p class="empty">None yet.</p>`);
  return section(
    'syncs',
    'Latest syncs',
    table(
      'Latest syncs',
      [
        { title: 'Started', kind: 'short' },
        { title: 'Kind', kind: 'short' },
        { title: 'Result' },
        { title: 'Endpoints', kind: 'number' },
        { title: 'Records', kind: 'number' },
        { title: 'Written' },
        { title: 'In Temporal', kind: 'short' },
      ],
      syncs.map((sync) => [
        html`${moment(sync.startedAt, now)}`,
        html`${kind(sync)}`,
        result(sync),
        html`${count(sync.passes.length)}`,
        html`${count(sync.counts.records)}`,
        written(sync),
        run(sync, temporalUi),
      ]),
    ),
  );
}

const kind = (sync: SyncSummary) => `${sync.kind}, ${TRIGGER_WORDS[sync.trigger]}`;

function run({ workflowId, runId, startedAt }: SyncSummary, ui: IntegrationData['temporalUi']): Html {
  if (!ui) return html`<span class="id">${code(workflowId)}</span>`;
  const which = html`<span class="hidden"> of ${workflowId}, started ${utcTime(startedAt)}</span>`;
  return outward(runUrl(ui, { workflowId, runId }), html`run${which}`);
}

function result(sync: SyncSummary): Html {
  const failed = sync.passes.filter(({ state }) => state === 'failed' || state === 'abandoned');
  const took = sync.finishedAt ? spanOfTime(sync.finishedAt.getTime() - sync.startedAt.getTime()) : null;
  return html`${tag(sync.status, OUTCOME_TONES[sync.status])} ${took ? html`<small>took ${took}</small>` : ''}
  ${failed.map(({ endpoint, error }) => html`<small>${code(endpoint)}${error ? html`: ${code(error.code)}` : ''}</small>`)}`;
}

function written({ counts }: SyncSummary): Html {
  const names = ['created', 'updated', 'deleted', 'restored', 'rejected'] as const;
  const parts = names
    .filter((name) => counts[name] > 0)
    .map((name) => `${count(counts[name])} ${name === 'rejected' ? 'set aside' : name}`);
  return parts.length > 0 ? html`${parts.join(', ')}` : soft('nothing new');
}

export function schedules({ schedules, now, temporalUi, integration }: IntegrationData): Html {
  if (!schedules) {
    return section(
      'schedules',
      'Schedules',
      html`<p class="empty">Temporal cannot be asked now. <a href="/readyz">Readiness</a> says why.</p>`,
    );
  }
  const found = Object.entries({ 'weekly full sync': schedules.fullSync, 'catch-up': schedules.catchUp });
  const rows = found.flatMap(([name, schedule]) =>
    schedule ? [scheduleRow(name, schedule, now, temporalUi)] : [],
  );
  if (rows.length === 0) {
    const remedy =
      integration.status === 'removed' ? html`None.` : html`None. <code>kombo-sync setup</code> makes them.`;
    return section('schedules', 'Schedules', html`<p class="empty">${remedy}</p>`);
  }
  return section(
    'schedules',
    'Schedules',
    table(
      'Schedules',
      [
        { title: 'What', kind: 'short' },
        { title: 'When', kind: 'short' },
        { title: 'Next runs' },
        { title: 'Last run', kind: 'short' },
        { title: 'In Temporal' },
      ],
      rows,
    ),
  );
}

function scheduleRow(
  name: string,
  schedule: ScheduleInfo,
  now: Date,
  temporalUi: IntegrationData['temporalUi'],
): Html[] {
  const last = schedule.recentRuns.at(-1);
  const next = schedule.nextRuns
    .slice(0, 3)
    .map((at) => html`<small class="ink">${utcTime(at)} (${moment(at, now)})</small>`);
  const paused = html`${tag('paused', 'wait')} ${schedule.note ? html`<small>${schedule.note}</small>` : ''}`;
  return [
    html`${name}`,
    html`${schedule.when}`,
    schedule.paused ? paused : html`${next.length > 0 ? next : html`<span class="bad">none</span>`}`,
    last ? moment(last.at, now) : soft('none yet'),
    outward(
      temporalUi && scheduleUrl(temporalUi, schedule.id),
      html`<span class="id">${code(schedule.id)}</span>`,
    ),
  ];
}

const DRIFT_TITLES: Record<keyof DriftCounts, string> = {
  missing: 'Missing',
  stale: 'Stale',
  wronglyLive: 'Wrongly live',
  wronglyDeleted: 'Wrongly deleted',
  expected: 'Of these expected',
};

/** What the last full syncs had to repair, one row for each. */
export function drift({ drift, now }: IntegrationData): Html {
  if (drift.length === 0) return html``;
  const bySync = [...Map.groupBy(drift, ({ syncId }) => syncId).values()];
  const rows = bySync.map((reports) => {
    const add = (name: keyof DriftCounts) =>
      html`${count(reports.reduce((sum, { counts }) => sum + counts[name], 0))}`;
    const worst = DRIFT_VERDICTS.findLast((verdict) => reports.some((one) => one.verdict === verdict))!;
    const where = reports.filter(({ verdict }) => verdict === worst && verdict !== 'none');
    const { label, tone } = DRIFT_WORDS[worst];
    return [
      moment(reports[0]!.at, now),
      html`<span class="${tone}">${label}</span
        >${where.map(({ endpoint }) => html`<small>${code(endpoint)}</small>`)}`,
      ...DRIFT_COUNTS.map(add),
    ];
  });
  const numbers = DRIFT_COUNTS.map((name): Column => ({ title: DRIFT_TITLES[name], kind: 'number' }));
  return section(
    'drift',
    'Drift',
    table('Drift', [{ title: 'Full sync', kind: 'short' }, { title: 'Verdict' }, ...numbers], rows),
    'What the last full syncs had to repair that a delta should have brought.',
  );
}

export function deliveries({ deliveries, now }: IntegrationData): Html {
  if (deliveries.length === 0)
    return section('deliveries', 'Webhooks', html`<p class="empty">None has come yet.</p>`);
  return section(
    'deliveries',
    'Webhooks',
    table(
      'Webhooks',
      [
        { title: 'Type' },
        { title: 'Outcome', kind: 'short' },
        { title: 'Times', kind: 'number' },
        { title: 'First', kind: 'short' },
        { title: 'Last', kind: 'short' },
      ],
      deliveries.map(({ type, outcome, times, firstAt, lastAt }) => [
        code(type),
        outcome === 'legacy-off' ? html`not acted upon: LEGACY_WEBHOOKS is off` : html`${outcome}`,
        html`${count(times)}`,
        moment(firstAt, now),
        moment(lastAt, now),
      ]),
    ),
  );
}

/** Who did what to it. */
export function audit({ audit, now }: IntegrationData): Html {
  if (audit.length === 0) return html``;
  return section(
    'audit',
    'Acts of people',
    table(
      'Acts of people',
      [{ title: 'When', kind: 'short' }, { title: 'Act' }, { title: 'Who' }, { title: 'Outcome' }],
      audit.map(({ at, action, actor, source, address, details, outcome, message }) => [
        moment(at, now),
        html`${action}${Object.keys(details).length > 0 ? html`<small class="id">${code(JSON.stringify(details))}</small>` : ''}`,
        html`${actor}
          <small
            >${source === 'api' ? 'by the API' : 'on the command line'}${address ? `, ${address}` : ''}</small
          >`,
        html`${tag(outcome, outcome === 'done' ? 'good' : outcome === 'failed' ? 'bad' : 'wait')}${message ? html`<small>${message}</small>` : ''}`,
      ]),
    ),
  );
}
