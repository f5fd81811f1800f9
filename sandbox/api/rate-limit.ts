const WINDOW_MS = 60_000;
/** The limit in the headers when no limit is set. */
const NOMINAL_LIMIT = 300;

/** Counts all requests in fixed windows of one minute, as the `ratelimit-*` headers describe. */
export class RateLimit {
  /** Requests per minute; undefined: no limit. */
  limit: number | undefined;
  #windowStart = 0;
  #used = 0;

  constructor(limit: number | undefined) {
    this.limit = limit;
  }

  /** Counts a request. `reset` is in seconds from now. */
  take(now: number): { allowed: boolean; headers: Record<string, string> } {
    if (now - this.#windowStart >= WINDOW_MS || now < this.#windowStart) {
      this.#windowStart = now;
      this.#used = 0;
    }
    this.#used++;
    const limit = this.limit ?? NOMINAL_LIMIT;
    const remaining = this.limit === undefined ? NOMINAL_LIMIT - 1 : Math.max(0, limit - this.#used);
    return {
      allowed: this.limit === undefined || this.#used <= limit,
      headers: {
        'ratelimit-limit': String(limit),
        'ratelimit-remaining': String(remaining),
        'ratelimit-reset': String(Math.ceil((this.#windowStart + WINDOW_MS - now) / 1000)),
      },
    };
  }
}
