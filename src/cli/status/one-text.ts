import { timeTaken } from '../../domain/duration.ts';
import { getEndpoint, isOffered } from '../../domain/catalogue/index.ts';
import type { IntegrationDetail, RunningPass, RunningWork } from '../../operations/show-detail.ts';
import type { OpenIssue } from '../../store/state/issues.ts';
import { type EndpointStatus, failuresOf } from '../../store/reports/status.ts';
import { fullTime, pairs, plural, relative, table } from '../support/format.ts';
import {
  choiceText,
  nextLook,
  nextTry,
  notChosenText,
  statusText,
  waitText,
} from '../support/integration-text.ts';

const DRIFT = {
  none: 'none in the last full sync',
  expected: 'the last full sync repaired only what no delta can show',
  unexpected: 'the last full sync repaired what a delta should have brought; "kombo-sync drift" shows it',
};

/** One integration, what runs for it, and its endpoints. */
export function statusOneText(integration: IntegrationDetail): string {
  const { endpoints, running } = integration;
  const head = pairs([
    ['Integration', integration.id],
    ['Tool', `${integration.tool} (${integration.category})`],
    ['Organization', integration.organizationName],
    ...optional('Origin', integration.originId),
    ['Status', statusText(integration)],
    ...optional('Next look', nextLook(integration)),
    ...integration.issues.map(issueText),
    [
      'Fresh as of',
      integration.readsNothing ? 'nothing is chosen to be read' : relative(integration.freshAsOf),
    ],
    ...optional('Not offered', integration.notOffered.join(', ')),
    ...optional('Chosen', choiceText(integration)),
    ...notChosenText(integration.notChosen).map((text): [string, string] => ['Not chosen', text]),
    ['Last sync', relative(integration.lastSyncAt)],
    ['Next full sync', nextFullText(integration)],
    ['Drift', integration.drift && DRIFT[integration.drift]],
    ...optional('Temporal', integration.temporalUrl),
  ]);
  const rows = table(
    ['ENDPOINT', 'STATE', 'FRESH AS OF', 'LAST FULL', 'LIVE ROWS', 'SET ASIDE', 'NOTE'],
    endpoints.map((one) => [
      one.endpoint,
      stateOf(one),
      relative(one.watermark),
      relative(one.lastFull),
      one.liveRows,
      one.rejectedRecords,
      noteOf(one, isOffered(getEndpoint(one.endpoint), integration.unavailableModels)),
    ]),
  );
  return [head, running.map(runText).join('\n'), rows].filter(Boolean).join('\n\n');
}

function nextFullText({ schedules }: IntegrationDetail): string {
  if (!schedules) return 'not known: Temporal does not answer';
  const { fullSync } = schedules;
  if (!fullSync) return 'none: it has no schedule';
  if (fullSync.paused) return 'none: its schedule is paused';
  const [next] = fullSync.nextRuns;
  return next ? fullTime(next) : 'none';
}

/** A workflow, followed by what it reads. */
function runText(run: RunningWork): string {
  const { workflowId, runId, trigger, startedAt, beginsAt, passes, temporalUrl } = run;
  const when = beginsAt ? `begins ${relative(beginsAt)}` : `since ${relative(startedAt)}`;
  const what = passes.length === 0 && !beginsAt ? ', reads nothing just now' : '';
  return [
    `${beginsAt ? 'Waiting' : 'Running'}: ${workflowId}, run ${runId}${trigger ? ` (${trigger})` : ''}, ${when}${what}`,
    ...passes.map((pass) => `  ${passText(pass)}`),
    temporalUrl && `  ${temporalUrl}`,
  ]
    .filter(Boolean)
    .join('\n');
}

function passText(pass: RunningPass): string {
  const { endpoint, kind, counts, startedAt, activeAt, sweeping } = pass;
  const ms = activeAt.getTime() - startedAt.getTime();
  const speed = ms > 0 && counts.records > 0 ? `, ${Math.round((counts.records * 1_000) / ms)}/s` : '';
  const read = `${plural(counts.pages, 'page')}, ${plural(counts.records, 'record')}${speed}`;
  const now = sweeping ? ', now asking Kombo about what the listing lacks' : '';
  const waits = waitText(pass);
  return `${endpoint} (${kind}): ${read} in ${timeTaken(ms)}${now}${waits ? `, ${waits}` : ''}`;
}

function stateOf({ disabled, notChosen, owed, lastPass }: EndpointStatus): string {
  if (notChosen) return 'not chosen';
  if (disabled) return 'not offered';
  const [failing] = failuresOf(owed);
  if (failing && lastPass?.state !== 'running')
    return failing.failure.needsAttention ? 'needs you' : 'failing';
  return lastPass?.state ?? 'never read';
}

function noteOf(status: EndpointStatus, offered: boolean): string | null {
  const { disabled, notChosen, lastPass, liveRows, owed } = status;
  if (notChosen) {
    const since = notChosen.since ? `since ${relative(notChosen.since)}` : null;
    return [since, liveRows > 0 ? 'its rows stay' : null].filter(Boolean).join('; ') || null;
  }
  if (disabled) return disabled.message;
  const failing = failuresOf(owed);
  if (failing.length > 0) return failing.map(failureText).join(' ');
  const error = lastPass?.state === 'failed' ? lastPass.error?.message : undefined;
  const [first] = owed;
  const due = offered ? nextTry(first?.dueAt ?? null) : 'once the tool offers it';
  return error ?? lastPass?.sweepMessage ?? (first ? `a ${OWED[first.kind]} is due ${due}` : null);
}

const OWED = { delta: 'delta pass', full: 'full pass', sweep: 'sweep', 'look-up': 'look-up' };

function failureText({ kind, dueAt, failure }: ReturnType<typeof failuresOf>[number]): string {
  const tried = `since ${relative(failure.since)}, ${plural(failure.failures, 'try', 'tries')}`;
  const next = failure.givenUp ? 'The catch-up tries it too.' : `Next try: ${nextTry(dueAt)}.`;
  return `${failure.message} The ${OWED[kind]} is failing ${tried}. ${next}`;
}

const issueText = ({ title, type, message, firstObservedAt }: OpenIssue): [string, string] => [
  'Issue at Kombo',
  `${title} (${type}), since ${relative(firstObservedAt)}. ${message}`,
];

const optional = (name: string, value: string | null): [string, string][] => (value ? [[name, value]] : []);
