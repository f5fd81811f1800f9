import { getEndpoint, isOffered } from '../../domain/catalogue/index.ts';
import { type EndpointStatus, failuresOf, type OwedRead } from '../../store/reports/status.ts';
import { html, type Html } from './html.ts';
import type { IntegrationData } from './data.ts';
import { code, count, moment, NIL, section, soft, table, tag } from './parts.ts';
import { OUTCOME_TONES } from './words.ts';

/** Every endpoint that is read for the integration: how fresh, how much, and what is wrong. */
export function endpoints({ endpoints, integration, now }: IntegrationData): Html {
  return section(
    'endpoints',
    'Endpoints',
    table(
      'Endpoints',
      [
        { title: 'Endpoint', kind: 'wide' },
        { title: 'State' },
        { title: 'Fresh as of', kind: 'short' },
        { title: 'Last full', kind: 'short' },
        { title: 'Live rows', kind: 'number' },
        { title: 'Set aside', kind: 'number' },
        { title: 'Remarks' },
      ],
      [...endpoints]
        .sort((a, b) => rank(a) - rank(b))
        .map((endpoint) => [
          html`${endpoint.endpoint}<small class="id">${code(`kombo.${endpoint.table}`)}</small>`,
          state(endpoint, now),
          endpoint.watermark ? moment(endpoint.watermark, now) : soft('never'),
          endpoint.lastFull ? moment(endpoint.lastFull, now) : soft('never'),
          html`${count(endpoint.liveRows)}`,
          endpoint.rejectedRecords > 0
            ? html`<span class="bad">${count(endpoint.rejectedRecords)}</span>`
            : html`<span class="soft nil">0</span>`,
          remarks(endpoint, isOffered(getEndpoint(endpoint.endpoint), integration.unavailableModels), now),
        ]),
    ),
  );
}

const READS = { delta: 'delta', full: 'full read', sweep: 'sweep', 'look-up': 'look-up' };

/** What needs you comes first, then what fails; the rest stays in its order. */
const rank = ({ owed }: EndpointStatus) => {
  const [failing] = failuresOf(owed);
  return failing ? (failing.failure.needsPerson ? 0 : 1) : 2;
};

function state({ disabled, owed, lastPass }: EndpointStatus, now: Date): Html {
  if (lastPass?.state === 'running') {
    return html`${tag('reading', 'wait')}
      <small
        >${lastPass.kind}, ${count(lastPass.counts.records)} records so far, since
        ${moment(lastPass.startedAt, now)}</small
      >`;
  }
  const last = lastPass
    ? html`<small>${lastPass.kind} ${moment(lastPass.finishedAt ?? lastPass.startedAt, now)}</small>`
    : '';
  if (disabled) return html`${tag('not offered', 'soft')} ${last}`;
  if (failuresOf(owed).length > 0) return html`${tag('failing', 'bad')} ${last}`;
  if (!lastPass) return tag('never read', 'wait');
  const { state } = lastPass;
  return html`${tag(state === 'completed' ? 'read' : state, OUTCOME_TONES[state])} ${last}`;
}

function remarks(endpoint: EndpointStatus, offered: boolean, now: Date): Html {
  const { disabled, owed, lastPass } = endpoint;
  const lines: Html[] = [];
  const due = ({ dueAt }: OwedRead) => (dueAt && dueAt > now ? moment(dueAt, now) : html`with the next sync`);
  const failing = failuresOf(owed);
  if (disabled) {
    lines.push(html`<small class="ink">${disabled.message}</small>`);
    lines.push(html`<small>${code(disabled.code)}, since ${moment(disabled.since, now)}</small>`);
  }
  for (const debt of failing) {
    const { kind, failure } = debt;
    lines.push(html`<small class="ink">${failure.message}</small>`);
    lines.push(
      html`<small
        >${code(failure.code)}, the ${READS[kind]} is failing since ${moment(failure.since, now)},
        ${count(failure.failures)} times; next try ${due(debt)}</small
      >`,
    );
    if (failure.needsPerson) {
      lines.push(
        html`<small
          ><span class="need">needs a person</span> Trying again has not helped; the catch-up still
          tries.</small
        >`,
      );
    }
  }
  if (failing.length === 0 && !disabled) {
    for (const debt of owed) {
      lines.push(
        html`<small>a ${READS[debt.kind]} is due ${offered ? due(debt) : 'once the tool offers it'}</small>`,
      );
    }
  }
  if (lastPass?.sweepMessage) lines.push(html`<small class="bad">${lastPass.sweepMessage}</small>`);
  if (failing.length === 0 && lastPass?.state === 'failed' && lastPass.error) {
    lines.push(html`<small class="ink">${lastPass.error.message}</small>`);
  }
  return lines.length > 0 ? html`${lines}` : NIL;
}
