import type { IntegrationCutover, Verdict } from '../../domain/cutover.ts';
import type { CutoverReport } from '../../operations/cutover.ts';
import { html, type Html } from './html.ts';
import { page, type Frame } from './layout.ts';
import { codes, count, facts, fullMoment, plural, tableSection, tag, type Tone } from './parts.ts';

const WORDS: Record<Verdict, { label: string; tone: Tone }> = {
  ready: { label: 'Ready', tone: 'good' },
  wait: { label: 'Wait', tone: 'wait' },
  blocked: { label: 'Blocked', tone: 'bad' },
};

/** How many integrations are listed. The counts cover all of them. */
const SHOWN = 100;

interface CutoverData extends Frame {
  report: CutoverReport;
}

/** Whether you can switch off the legacy webhooks, and what prevents it. */
export function cutoverPage(data: CutoverData): string {
  const { report, now } = data;
  const { counts, legacy, message, verdict } = report;
  const done = legacy.mode === 'off';
  const open = report.integrations
    .filter((integration) => integration.verdict !== 'ready')
    .sort((a, b) => rank(a) - rank(b));
  const narrowed = report.integrations.filter(({ notChosen }) => notChosen.length > 0).length;
  const all = counts.ready + counts.wait + counts.blocked;
  const content = html`
    <div class="head">
      <div>
        <h1>Cutover</h1>
        <p>
          Can the webhooks <code>sync-finished</code> and <code>remote-event-received</code> be switched off?
        </p>
      </div>
      <p class="asof">
        As of <time datetime="${now.toISOString()}">${now.toISOString().slice(11, 19)}</time>
      </p>
    </div>
    <ul class="notices" aria-label="Verdict">
      <li class="${done ? 'good' : WORDS[verdict].tone}">${message}</li>
    </ul>
    ${facts([
      ['Ready', `${count(counts.ready)} of ${plural(all, 'integration')}`],
      ['Wait', count(counts.wait)],
      ['Blocked', count(counts.blocked)],
      [
        'Not every endpoint chosen',
        narrowed > 0 ? `${plural(narrowed, 'integration')}; this is not a gap` : null,
      ],
      ['LEGACY_WEBHOOKS', legacy.mode],
      [
        'Legacy webhooks',
        legacy.lastSeenAt
          ? html`${codes(legacy.types)}: ${count(legacy.times)} so far, last
            ${fullMoment(legacy.lastSeenAt, now)}`
          : 'none has come',
      ],
      ['Ignored since', legacy.ignoredSince && fullMoment(legacy.ignoredSince, now)],
    ])}
    ${open.length > 0 ? showOpen(open, data) : html`<p class="empty">No integration is in the way.</p>`}
  `;
  return page(data, { title: 'Cutover', content, current: '/cutover' });
}

const rank = ({ verdict }: { verdict: Verdict }) => (verdict === 'blocked' ? 0 : 1);

function showOpen(open: readonly IntegrationCutover[], { query, links }: CutoverData): Html {
  const shown = open.slice(0, SHOWN);
  return tableSection(
    'open',
    'Not ready',
    [
      {
        title: 'Integration',
        kind: 'wide',
        cell: ({ integrationId: id }) =>
          html`<a class="name" href="${links.integration(id, query)}">${id}</a>`,
      },
      {
        title: 'Verdict',
        kind: 'short',
        cell: ({ verdict }) => tag(WORDS[verdict].label, WORDS[verdict].tone),
      },
      { title: 'Why, and what to do next', cell: describeChecks },
    ],
    shown,
    {
      note:
        open.length > shown.length
          ? `The first ${count(shown.length)} of ${count(open.length)}; the blocked ones come first.`
          : '',
    },
  );
}

function describeChecks({ checks }: IntegrationCutover): Html {
  const open = checks.filter((check) => check.verdict !== 'ready').sort((a, b) => rank(a) - rank(b));
  return html`${open.map(
    ({ verdict, message, remedy }) =>
      html`<div class="check">
        <span class="${WORDS[verdict].tone}">${WORDS[verdict].label}:</span>
        ${message} ${remedy ? html`<small>${remedy}</small>` : ''}
      </div>`,
  )}`;
}
