import type { ColumnType } from 'kysely';

/* What workers know of Kombo's limit: a part of schema `kombo_sync`. */

type WithDefault<T> = ColumnType<T, T | undefined, T>;

export interface KomboBudgetTable {
  /** Empty for the API key as a whole, else the id of an integration. */
  scope: string;
  /** Kombo counts requests by integration. Only the row of the key says so. */
  per_integration: WithDefault<boolean>;
  /** Requests in a window, by Kombo's headers. */
  request_limit: number | null;
  /** Requests left in the window, without those under way; null while it is not known. */
  remaining: number | null;
  in_flight: WithDefault<number>;
  last_integration: string | null;
  window_ends_at: Date | null;
  /** Kombo has refused a request because of its limit, and takes none before this. */
  blocked_until: Date | null;
  /** When the next request may find out whether that still holds. */
  next_probe_at: Date | null;
  /** Kombo has refused a request of this integration, but seems to take those of others. Only the row of the key says so. */
  refused_integration: string | null;
  refused_at: Date | null;
  refused_until: Date | null;
  /** When the next request of this integration may find out. */
  refused_probe_at: Date | null;
  /** When Kombo last took a request, as far as its answers were noted. */
  taken_at: Date | null;
  /** When a request that is not urgent may be sent. */
  next_background_at: Date | null;
  /** Requests that KOMBO_REQUESTS_PER_MINUTE lets be sent at once. */
  tokens: number | null;
  refilled_at: Date | null;
  updated_at: WithDefault<Date>;
}

export interface KomboRequestsTable {
  id: string;
  urgent: boolean;
  until: Date;
}
