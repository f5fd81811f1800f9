export interface LoggedRequest {
  method: string;
  /** Below `/v1`. */
  path: string;
  query: Record<string, string>;
  integrationId: string | undefined;
  /** By the sandbox's clock. */
  at: Date;
  /** Undefined before the answer, and for a request whose connection was cut. */
  status: number | undefined;
}

const KEPT = 100_000;

/** The requests of clients, in order. The oldest are dropped. */
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
