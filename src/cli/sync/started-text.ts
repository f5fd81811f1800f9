import type { StartedSync } from '../../operations/syncs.ts';
import { relative } from '../support/format.ts';

interface Asked {
  since?: string | undefined;
  /** Whether you asked for a part only, by models or `since`. */
  only?: boolean;
}

/** What was started, and what you should know about it. */
export function startedText(sync: StartedSync, { since, only = false }: Asked = {}): string {
  const { integrationId, workflowId, runId, alreadyRunning, beginsAt } = sync;
  const what = !alreadyRunning
    ? 'A full sync has started'
    : beginsAt
      ? 'A full sync waits to begin already, and this joins it'
      : 'A full sync runs already, and this joins it';
  const lines = [`${what}: ${integrationId}, workflow ${workflowId}, run ${runId}.`];
  if (beginsAt) lines.push(`It begins ${relative(beginsAt)}, since many were started together.`);
  if (alreadyRunning && only) {
    lines.push('It reads what it was started with, not what --models and --since say now.');
  } else if (since !== undefined) lines.push(sinceText(since));
  return lines.join('\n');
}

/** If there are more syncs than this, they are counted instead of listed. */
const LISTED = 10;

export function startedAllText(started: readonly StartedSync[], { since }: Asked): string {
  if (started.length === 0) return 'There is no active integration.';
  const lines = started.length <= LISTED ? started.map((sync) => startedText(sync)) : [countText(started)];
  if (since !== undefined) lines.push(sinceText(since));
  return lines.join('\n');
}

function countText(started: readonly StartedSync[]): string {
  const joined = started.filter(({ alreadyRunning }) => alreadyRunning).length;
  const last = Math.max(...started.map(({ beginsAt }) => beginsAt?.getTime() ?? 0));
  return [
    `${started.length - joined} full syncs have started`,
    joined > 0 && `${joined} ran or waited already`,
    last > 0 && `the last begins ${relative(new Date(last))}`,
  ]
    .filter(Boolean)
    .join('; ')
    .concat('.');
}

function sinceText(since: string): string {
  return `Because of --since, it reads only what changed since ${since} and sweeps nothing: rows of deletions that Kombo does not report stay.`;
}
