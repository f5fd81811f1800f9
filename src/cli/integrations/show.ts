import { utcTime } from '../../domain/duration.ts';
import { showLife, type IntegrationLife } from '../../operations/show.ts';
import type { CountedDeliveries } from '../../store/state/deliveries.ts';
import type { Context } from '../support/context.ts';
import { fullTime, pairs, relative, table } from '../support/format.ts';
import { choiceText, erasureText, nextLook, notChosenText, statusText } from '../support/integration-text.ts';

export async function handle(context: Context, id: string): Promise<void> {
  const life = await showLife(await context.reading(), id);
  context.print(life, () => [describe(life), deliveriesText(life.deliveries)].join('\n\n'));
}

function describe(integration: IntegrationLife): string {
  const { removedAt, announcedDeletedAt, dataExpiredAt } = integration;
  const next = nextLook(integration);
  return pairs([
    ['Integration', integration.id],
    ['Tool', `${integration.tool} (${integration.category})`],
    ['Organization', integration.organizationName],
    ...optional('Origin', integration.originId),
    ['Status', statusText(integration)],
    ...optional('Next look', next),
    ['At Kombo', integration.komboState],
    ['Setup', integration.setupStatus],
    ['Connected', integration.komboCreatedAt && fullTime(integration.komboCreatedAt)],
    ...optional('Stale at Kombo', dataExpiredAt && `since ${fullTime(dataExpiredAt)}`),
    ...optional(
      'Deletion',
      announcedDeletedAt &&
        `a webhook reported it at ${utcTime(announcedDeletedAt)}; the next sync checks it`,
    ),
    ['Not offered', integration.unavailableModels.join(', ')],
    ...optional('Chosen', choiceText(integration)),
    ...notChosenText(integration.notChosen).map((text): [string, string] => ['Not chosen', text]),
    ['Looked up', relative(integration.lookedUpAt)],
    ['Added', fullTime(integration.createdAt)],
    ...optional('Removed', removedAt && fullTime(removedAt)),
    ...optional('Data', removedAt && erasureText(integration)),
  ]);
}

function deliveriesText(deliveries: readonly CountedDeliveries[]): string {
  if (deliveries.length === 0) return 'No webhook about it has been counted.';
  return table(
    ['WEBHOOK', 'BECAME', 'TIMES', 'FIRST', 'LAST'],
    deliveries.map(({ type, outcome, times, firstAt, lastAt }) => [
      type,
      outcome,
      times,
      relative(firstAt),
      relative(lastAt),
    ]),
  );
}

/** A line only if it has a value. */
const optional = (name: string, value: string | null): [string, string][] => (value ? [[name, value]] : []);
