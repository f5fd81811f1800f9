import { describeSchedule, type ScheduleInfo } from '../../temporal/schedule-state.ts';
import type { Context } from '../support/context.ts';
import { notFound } from '../support/errors.ts';
import { fullTime, pairs, relative } from '../support/format.ts';

export async function handle(context: Context, id: string): Promise<void> {
  const { client } = await context.temporal();
  const { fullSync, catchUp } = await describeSchedule(client, id);
  if (!fullSync && !catchUp) {
    throw notFound(
      `There is no schedule for ${id}. "kombo-sync setup" creates those of all active integrations.`,
    );
  }
  context.print({ integrationId: id, fullSync, catchUp }, () =>
    [describe('Full sync', fullSync), describe('Catch-up', catchUp)].join('\n\n'),
  );
}

function describe(title: string, info: ScheduleInfo | null): string {
  if (!info) return `${title}: none`;
  return pairs([
    [title, info.id],
    ['  when', info.when],
    ['  state', info.paused ? `paused${info.note ? `: ${info.note}` : ''}` : 'active'],
    ['  next', info.nextRuns.slice(0, 3).map(fullTime).join(', ')],
    [
      '  last',
      info.recentRuns
        .slice(-3)
        .map((run) => `${run.workflowId} ${relative(run.at)}`)
        .join(', '),
    ],
  ]);
}
