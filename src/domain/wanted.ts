import { isName } from './text.ts';

/** Deliveries of one type that ask for a sync, and when they came (epoch milliseconds). */
export interface ServedDeliveries {
  type: string;
  times: number;
  firstAt: number;
  lastAt: number;
}

/** What happened to the integration itself. It goes unchanged from the delivery to the run. */
export interface IntegrationChange {
  event: 'created' | 'deleted' | 'state-changed' | 'resumed' | 'issue';
  /** When it was deleted (ISO), if the delivery says so. Not stored: it only distinguishes the lives of an id. */
  deletedAt?: string | undefined;
}

/**
 * What a run was asked for and has not started. A sync takes it, puts it back if it cannot start, and if the run ends
 * before that, it is stored as owed.
 */
export interface Wanted {
  /** Model names, sorted and distinct. */
  models: readonly string[];
  /** Reads every endpoint. */
  everything: boolean;
  /** Does not wait for quiet or for the pause of a failed read: you asked, or the catch-up did. */
  urgent: boolean;
  /** It came after quiet and is read at once: DEBOUNCE_LEADING. */
  leads?: boolean | undefined;
  /** Look the integration up at Kombo. */
  lookUp: boolean;
  /** A deletion that a webhook reported (epoch milliseconds). */
  deletedAt?: number | undefined;
  deliveries: readonly ServedDeliveries[];
  /** What webhooks say about the integration: enough to begin if Kombo does not answer. */
  tool?: string | undefined;
  category?: string | undefined;
  originId?: string | undefined;
  /** When the first and the last request came (epoch milliseconds). */
  firstAt: number;
  lastAt: number;
}

/** Kombo has far fewer models. More names than this mean every model. */
const MAX_MODELS = 200;
/** Kombo has far fewer types of webhooks. */
const MAX_TYPES = 30;
const MAX_TIMES = 1_000_000_000;

type Times = Pick<Wanted, 'firstAt' | 'lastAt'>;

/** What one request asks for: any part of `Wanted`. */
export type Asked = { [K in keyof Omit<Wanted, keyof Times>]?: Wanted[K] | undefined };

/** Adds a request from the time `at`. The order of requests does not matter; a repeated one only moves `lastAt`. */
export function want(before: Wanted | undefined, asked: Asked, at: number): Wanted {
  return joinWanted(before, { ...asked, firstAt: at, lastAt: at });
}

/** What two requests ask for together. */
export function joinWanted(a: Wanted | undefined, b: Asked & Times): Wanted {
  const models = [...new Set([...(a?.models ?? []), ...(b.models ?? [])])].sort();
  const tooMany = models.length > MAX_MODELS;
  return {
    models: tooMany ? [] : models,
    everything: tooMany || (a?.everything ?? false) || (b.everything ?? false),
    urgent: (a?.urgent ?? false) || (b.urgent ?? false),
    ...(a?.leads || b.leads ? { leads: true } : {}),
    lookUp: (a?.lookUp ?? false) || (b.lookUp ?? false),
    deletedAt: Math.max(a?.deletedAt ?? 0, b.deletedAt ?? 0) || undefined,
    deliveries: joinDeliveries(a?.deliveries ?? [], b.deliveries ?? []),
    tool: b.tool ?? a?.tool,
    category: b.category ?? a?.category,
    originId: b.originId ?? a?.originId,
    firstAt: Math.min(a?.firstAt ?? b.firstAt, b.firstAt),
    lastAt: Math.max(a?.lastAt ?? b.lastAt, b.lastAt),
  };
}

function joinDeliveries(a: readonly ServedDeliveries[], b: readonly ServedDeliveries[]): ServedDeliveries[] {
  const byType = new Map<string, ServedDeliveries>();
  for (const entry of [...a, ...b]) {
    const known = byType.get(entry.type);
    if (!known && byType.size >= MAX_TYPES) continue;
    byType.set(entry.type, {
      type: entry.type,
      times: Math.min(MAX_TIMES, entry.times + (known?.times ?? 0)),
      firstAt: Math.min(entry.firstAt, known?.firstAt ?? entry.firstAt),
      lastAt: Math.max(entry.lastAt, known?.lastAt ?? entry.lastAt),
    });
  }
  return [...byType.values()];
}

/** The names in a message. A malformed message has none; it must not stop the run. */
export function readModels(message: unknown): string[] {
  const { models } = (message ?? {}) as { models?: unknown };
  return Array.isArray(models) ? models.filter(isName) : [];
}

/** The counts of deliveries in a message, without those that are not valid. */
export function readDeliveries(message: unknown, at: number): ServedDeliveries[] {
  const { deliveries } = (message ?? {}) as { deliveries?: unknown };
  if (typeof deliveries !== 'object' || deliveries === null) return [];
  return Object.entries(deliveries).flatMap(([type, times]: [string, unknown]) =>
    isName(type) && Number.isSafeInteger(times) && (times as number) > 0
      ? [{ type, times: Math.min(MAX_TIMES, times as number), firstAt: at, lastAt: at }]
      : [],
  );
}

export interface DebounceOptions {
  /** A sync starts when no request has come for this long. */
  quietMs: number;
  /** A sync starts at most this long after the first request that it serves. */
  maxWaitMs: number;
  /** The first request after quiet is not waited with; those that follow it are. */
  leading?: boolean;
}

export const DEFAULT_DEBOUNCE: DebounceOptions = { quietMs: 5_000, maxWaitMs: 60_000 };

/** When the sync starts (epoch milliseconds). */
export function deadline(wanted: Wanted, options: DebounceOptions): number {
  if (wanted.urgent || wanted.leads) return wanted.firstAt;
  return Math.min(wanted.lastAt + options.quietMs, wanted.firstAt + options.maxWaitMs);
}
