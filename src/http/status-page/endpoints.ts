import { getEndpoint, isOffered } from '../../domain/catalogue/index.ts';
import { type EndpointStatus, failuresOf, type OwedRead } from '../../store/reports/status.ts';
import { html, type Html } from './html.ts';
import type { IntegrationData } from './data.ts';
import { code, count, moment, NIL, soft, tableSection, tag } from './parts.ts';
import { OUTCOME_TONES } from './words.ts';

/** The endpoints of the integration: how fresh they are, how many rows they have, and what is wrong. */
export function showEndpoints({ endpoints, integration, schema, now }: IntegrationData): Html {
  const isOfferedBy = (path: string) => isOffered(getEndpoint(path), integration.unavailableModels);
  return tableSection(
    'endpoints',
    'Endpoints',
    [
      {
        title: 'Endpoint',
        kind: 'wide',
        cell: ({ endpoint, table }) =>
          html`${endpoint}<small class="id">${code(`${schema}.${table}`)}</small>`,
      },
      { title: 'State', cell: (one) => describeState(one, now) },
      {
        title: 'Fresh as of',
        kind: 'short',
        cell: ({ watermark }) => (watermark ? moment(watermark, now) : soft('never')),
      },
      {
        title: 'Last full',
        kind: 'short',
        cell: ({ lastFull }) => (lastFull ? moment(lastFull, now) : soft('never')),
      },
      { title: 'Live rows', kind: 'number', cell: ({ liveRows }) => count(liveRows) },
      {
        title: 'Set aside',
        kind: 'number',
        cell: ({ rejectedRecords }) =>
          rejectedRecords > 0
            ? html`<span class="bad">${count(rejectedRecords)}</span>`
            : html`<span class="soft nil">0</span>`,
      },
      { title: 'Remarks', cell: (one) => describeRemarks(one, isOfferedBy(one.endpoint), now) },
    ],
    endpoints.toSorted((a, b) => rank(a) - rank(b)),
    { empty: 'None.' },
  );
}

const READS = { delta: 'delta', full: 'full read', sweep: 'sweep', 'look-up': 'look-up' };

/** Endpoints that need attention come first, then those that fail. The others keep their order. */
const rank = ({ owed }: EndpointStatus) => {
  const [failing] = failuresOf(owed);
  return failing ? (failing.failure.needsAttention ? 0 : 1) : 2;
};

function describeState({ disabled, notChosen, owed, lastPass }: EndpointStatus, now: Date): Html {
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
  if (notChosen) return html`${tag('not chosen', 'soft')} ${last}`;
  if (disabled) return html`${tag('not offered', 'soft')} ${last}`;
  if (failuresOf(owed).length > 0) return html`${tag('failing', 'bad')} ${last}`;
  if (!lastPass) return tag('never read', 'wait');
  const { state } = lastPass;
  return html`${tag(state === 'completed' ? 'read' : state, OUTCOME_TONES[state])} ${last}`;
}

function describeRemarks(endpoint: EndpointStatus, offered: boolean, now: Date): Html {
  const { disabled, notChosen, owed, lastPass, liveRows } = endpoint;
  const lines: Html[] = [];
  if (notChosen) {
    const who =
      notChosen.by === 'settings'
        ? html`MODELS and EXCLUDE_MODELS leave it out`
        : html`its choice leaves it out`;
    const since = notChosen.since ? html`, since ${moment(notChosen.since, now)}` : '';
    return html`<small>${who}${since}${liveRows > 0 ? '; its rows stay' : ''}</small>`;
  }
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
    if (failure.needsAttention) {
      lines.push(
        html`<small
          ><span class="need">needs you</span> Trying again has not helped; the catch-up still tries.</small
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
