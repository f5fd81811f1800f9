import { utcTime } from '../../domain/duration.ts';
import { erasureOf } from '../../operations/integrations.ts';
import { requireIntegration } from '../../operations/require.ts';
import { listDeliveries, type DeliveryCount } from '../../store/state/deliveries.ts';
import type { Integration } from '../../store/state/integrations.ts';
import type { Context } from '../support/context.ts';
import { fullTime, pairs, relative, table } from '../support/format.ts';
import { erasureText, nextLook, statusText } from '../support/integration-text.ts';

export async function handle(context: Context, id: string): Promise<void> {
  const store = context.store();
  const integration = await requireIntegration(store, id);
  const eraseAt = erasureOf(integration, context.config);
  const deliveries = await listDeliveries(store, id);
  context.print({ integration, eraseAt, deliveries }, () =>
    [describe(integration, eraseAt), deliveriesText(deliveries)].join('\n\n'),
  );
}

function describe(integration: Integration, eraseAt: Date | null): string {
  const { removedAt, erasedAt, announcedDeletedAt, dataExpiredAt } = integration;
  const next = nextLook(integration);
  return pairs([
    ['Integration', integration.id],
    ['Tool', `${integration.tool} (${integration.category})`],
    ['Organization', integration.organizationName],
    ['Status', statusText(integration)],
    ...optional('Next look', next),
    ['At Kombo', integration.komboState],
    ['Setup', integration.setupStatus],
    ['Connected', integration.komboCreatedAt && fullTime(integration.komboCreatedAt)],
    ...optional('Stale at Kombo', dataExpiredAt && `since ${fullTime(dataExpiredAt)}`),
    ...optional(
      'Deletion',
      announcedDeletedAt && `a webhook told of it at ${utcTime(announcedDeletedAt)}; the next sync looks`,
    ),
    ['Not offered', integration.unavailableModels.join(', ')],
    ['Looked up', relative(integration.lookedUpAt)],
    ['Added', fullTime(integration.createdAt)],
    ...optional('Removed', removedAt && fullTime(removedAt)),
    ...optional('Data', removedAt && erasureText(erasedAt, eraseAt)),
  ]);
}

function deliveriesText(deliveries: DeliveryCount[]): string {
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

/** A line only where there is something to say. */
const optional = (name: string, value: string | null): [string, string][] => (value ? [[name, value]] : []);
