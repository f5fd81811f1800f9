import type { IntegrationCutover, Verdict } from '../../domain/cutover.ts';
import type { CutoverReport } from '../../operations/cutover.ts';
import { html, type Html } from './html.ts';
import { page, type Frame } from './layout.ts';
import { integrationPath } from './links.ts';
import { codes, count, facts, fullMoment, plural, section, table, tag, type Tone } from './parts.ts';

const WORDS: Record<Verdict, { label: string; tone: Tone }> = {
  ready: { label: 'Ready', tone: 'good' },
  wait: { label: 'Wait', tone: 'wait' },
  blocked: { label: 'Blocked', tone: 'bad' },
};

/** You do not work through more than this; the counts say how many there are. */
const SHOWN = 100;

export interface CutoverData extends Frame {
  report: CutoverReport;
}

/** Whether the legacy webhooks can be switched off, and what is in the way. */
export function cutoverPage(data: CutoverData): string {
  const { report, now } = data;
  const { counts, legacy, message, verdict } = report;
  const done = legacy.mode === 'off';
  const label = done ? 'Switched off' : WORDS[verdict].label;
  const open = report.integrations
    .filter((integration) => integration.verdict !== 'ready')
    .sort((a, b) => rank(a) - rank(b));
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
      <li class="${done ? 'good' : WORDS[verdict].tone}">
        <strong>${label}.</strong> ${message.replace(`${label}. `, '')}
      </li>
    </ul>
    ${facts([
      ['Ready', `${count(counts.ready)} of ${plural(all, 'integration')}`],
      ['Wait', count(counts.wait)],
      ['Blocked', count(counts.blocked)],
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
    ${open.length > 0 ? notReady(open, data) : html`<p class="empty">No integration is in the way.</p>`}
  `;
  return page(data, { title: 'Cutover', content, current: '/cutover' });
}

const rank = ({ verdict }: { verdict: Verdict }) => (verdict === 'blocked' ? 0 : 1);

function notReady(open: readonly IntegrationCutover[], { query }: CutoverData): Html {
  const shown = open.slice(0, SHOWN);
  return section(
    'open',
    'Not ready',
    table(
      'Not ready',
      [
        { title: 'Integration', kind: 'wide' },
        { title: 'Verdict', kind: 'short' },
        { title: 'Why, and what to do next' },
      ],
      shown.map(({ integrationId, verdict, checks }) => [
        html`<a class="name" href="${integrationPath(integrationId, query)}">${integrationId}</a>`,
        tag(WORDS[verdict].label, WORDS[verdict].tone),
        html`${[...checks]
          .filter((check) => check.verdict !== 'ready')
          .sort((a, b) => rank(a) - rank(b))
          .map(
            (check) =>
              html`<div class="check">
                <span class="${WORDS[check.verdict].tone}">${WORDS[check.verdict].label}:</span>
                ${check.message} ${check.remedy ? html`<small>${check.remedy}</small>` : ''}
              </div>`,
          )}`,
      ]),
    ),
    open.length > shown.length
      ? `The first ${count(shown.length)} of ${count(open.length)}; the blocked ones come first.`
      : '',
  );
}
