import type { IntegrationChanged } from '../../../workflows/messages.ts';
import type { SignalRequest } from '../../temporal/start.ts';

/** One delivery's wish: read these models of an integration, or look up the integration itself. */
export interface Notice extends Omit<SignalRequest, 'trigger' | 'deliveries'> {
  /** The delivery's type: evidence of what came. */
  type?: string | undefined;
}

/** What goes out as one signal: also how many deliveries of each type it is about. */
export type SentNotice = Omit<SignalRequest, 'trigger'>;

/** What several deliveries of one integration ask for together. */
export interface Gathered extends Omit<Notice, 'event' | 'deletedAt' | 'type'> {
  /** With the newest moment of deletion that came with the event. */
  events: ReadonlyMap<IntegrationChanged['event'], Date | undefined>;
  types: ReadonlyMap<string, number>;
}

/** Adds one more delivery to what was gathered before. */
export function gather(before: Gathered | undefined, notice: Notice): Gathered {
  const { integrationId, event, deletedAt, type } = notice;
  const events = new Map(before?.events);
  if (event) events.set(event, latest(events.get(event), deletedAt));
  const types = new Map(before?.types);
  if (type) types.set(type, (types.get(type) ?? 0) + 1);
  return {
    integrationId,
    models: [...new Set([...(before?.models ?? []), ...notice.models])],
    everything: before?.everything || notice.everything,
    tool: notice.tool ?? before?.tool,
    category: notice.category ?? before?.category,
    events,
    types,
  };
}

/** A notice carries one event; different ones at the same time are rare and go out one after the other. */
export function noticesOf({ events, types, ...gathered }: Gathered): SentNotice[] {
  const deliveries = types.size > 0 ? Object.fromEntries(types) : undefined;
  const [first, ...others] = [...events].map(([event, deletedAt]) => ({ event, deletedAt }));
  const { integrationId, tool, category } = gathered;
  return [
    { ...gathered, deliveries, ...first },
    ...others.map((event) => ({ integrationId, tool, category, ...event, models: [] })),
  ];
}

function latest(a: Date | undefined, b: Date | undefined): Date | undefined {
  if (!a || !b) return a ?? b;
  return a > b ? a : b;
}
