import type { IntegrationChange } from '../../domain/wanted.ts';
import type { SignalRequest } from '../../temporal/start.ts';

/** What one delivery asks for: read these models of an integration, or look up the integration itself. */
export interface Notice extends Omit<SignalRequest, 'trigger' | 'deliveries'> {
  /** The delivery's type, as evidence for the cutover. */
  type?: string | undefined;
}

/** One signal, with the number of deliveries of each type that it is about. */
export type SentNotice = Omit<SignalRequest, 'trigger'>;

/** What several deliveries of one integration ask for together. */
export interface Gathered extends Omit<Notice, 'change' | 'type'> {
  /** By event; for several deletions, the newest. */
  changes: ReadonlyMap<IntegrationChange['event'], IntegrationChange>;
  types: ReadonlyMap<string, number>;
}

/** Adds one more delivery to those gathered before. */
export function gather(before: Gathered | undefined, notice: Notice): Gathered {
  const { integrationId, change, type } = notice;
  const changes = new Map(before?.changes);
  if (change) changes.set(change.event, newer(changes.get(change.event), change));
  const types = new Map(before?.types);
  if (type) types.set(type, (types.get(type) ?? 0) + 1);
  return {
    integrationId,
    models: [...new Set([...(before?.models ?? []), ...notice.models])],
    everything: before?.everything || notice.everything,
    tool: notice.tool ?? before?.tool,
    category: notice.category ?? before?.category,
    originId: notice.originId ?? before?.originId,
    changes,
    types,
  };
}

/** A notice carries one change. Different changes at the same time are rare and go out one after the other. */
export function noticesOf({ changes, types, ...gathered }: Gathered): SentNotice[] {
  const deliveries = types.size > 0 ? Object.fromEntries(types) : undefined;
  const [first, ...others] = changes.values();
  const { integrationId, tool, category, originId } = gathered;
  return [
    { ...gathered, deliveries, change: first },
    ...others.map((change) => ({ integrationId, tool, category, originId, change, models: [] })),
  ];
}

function newer(a: IntegrationChange | undefined, b: IntegrationChange): IntegrationChange {
  return (a?.deletedAt ?? '') > (b.deletedAt ?? '') ? a! : b;
}
