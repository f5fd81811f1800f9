export interface LoggedRequest {
  method: string;
  /** Below `/v1`. */
  path: string;
  query: Record<string, string>;
  integrationId: string | undefined;
  /** By the sandbox's clock. */
  at: Date;
  /** Undefined while there is no answer, and for ever when the connection was cut. */
  status: number | undefined;
}

const KEPT = 100_000;

/** What clients asked, in order; the oldest requests are forgotten. */
export class RequestLog {
  #entries: LoggedRequest[] = [];

  add(entry: LoggedRequest): void {
    this.#entries.push(entry);
    if (this.#entries.length > KEPT * 2) this.#entries = this.#entries.slice(-KEPT);
  }

  list(filter: { integrationId?: string | undefined; path?: string | undefined } = {}): LoggedRequest[] {
    return this.#entries.filter(
      (entry) =>
        (filter.integrationId === undefined || entry.integrationId === filter.integrationId) &&
        (filter.path === undefined || entry.path === filter.path),
    );
  }

  clear(): void {
    this.#entries = [];
  }
}
