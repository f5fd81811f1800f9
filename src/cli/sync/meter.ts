import type { PassProgress } from '../../store/reports/progress.ts';
import { waitText } from '../support/integration-text.ts';

/** The progress of one endpoint. */
export interface EndpointView {
  endpoint: string;
  state: PassProgress['state'] | 'sweeping';
  pages: number;
  records: number;
  /** Records per second; null before the second look. */
  rate: number | null;
  /** How many records it will read; null if that is not known. */
  expected: number | null;
  endsInMs: number | null;
  tookMs: number | null;
  /** Why it waits, and until when; null while it reads. */
  waits: string | null;
}

export interface SyncView {
  endpoints: EndpointView[];
  ended: number;
  /** How many endpoints are read; null until that is known. */
  total: number | null;
  pages: number;
  records: number;
  rate: number | null;
  endsInMs: number | null;
}

/** Older samples say little about the speed now. */
const WINDOW_MS = 30_000;

/** Measures a sync by repeated looks at its passes. */
export class SyncMeter {
  readonly #expected: ReadonlyMap<string, number | null>;
  readonly #speeds = new Map<string, Speed>();

  /**
   * @param expected the number of records of each endpoint that is read, null if unknown; empty if nothing is known.
   */
  constructor(expected: ReadonlyMap<string, number | null>) {
    this.#expected = expected;
  }

  look(passes: readonly PassProgress[], now: number): SyncView {
    const endpoints = passes.map((pass) => this.#view(pass, now));
    const records = sum(endpoints.map((one) => one.records));
    const rate = this.#speed('').look(records, now);
    const endsInMs = timeFor(this.#left(endpoints), rate);
    return {
      endpoints,
      ended: endpoints.filter(({ state }) => state !== 'running' && state !== 'sweeping').length,
      total: this.#expected.size > 0 ? this.#expected.size : null,
      pages: sum(endpoints.map((one) => one.pages)),
      records,
      rate,
      // Not before its slowest endpoint: near the end, fewer endpoints are read at once.
      endsInMs: endsInMs === null ? null : Math.max(endsInMs, ...endpoints.map((one) => one.endsInMs ?? 0)),
    };
  }

  #view(pass: PassProgress, now: number): EndpointView {
    const { endpoint, counts, startedAt, finishedAt } = pass;
    const { pages, records } = counts;
    const tookMs = finishedAt && finishedAt.getTime() - startedAt.getTime();
    const expected = pass.whole ? (this.#expected.get(endpoint) ?? null) : null;
    const state = pass.sweeping ? 'sweeping' : pass.state;
    const running = state === 'running';
    const speed = this.#speed(endpoint).look(records, now);
    const rate = running ? speed : tookMs ? (records * 1_000) / tookMs : null;
    return {
      endpoint,
      state,
      pages,
      records,
      rate,
      expected,
      endsInMs: running && expected !== null ? timeFor(expected - records, rate) : null,
      tookMs,
      waits: waitText(pass, new Date(now)),
    };
  }

  #speed(name: string): Speed {
    const speed = this.#speeds.get(name) ?? new Speed();
    this.#speeds.set(name, speed);
    return speed;
  }

  /** How many records are left to read; null unless the number is known for each endpoint. */
  #left(seen: readonly EndpointView[]): number | null {
    const left = new Map(this.#expected);
    for (const { endpoint, state, records, expected } of seen) {
      if (state !== 'running') left.set(endpoint, 0);
      else left.set(endpoint, expected === null ? null : Math.max(0, expected - records));
    }
    const counts = [...left.values()];
    return counts.length === 0 || counts.includes(null) ? null : sum(counts as number[]);
  }
}

class Speed {
  readonly #samples: { at: number; value: number }[] = [];

  /** The growth per second in the last half minute. */
  look(value: number, now: number): number | null {
    this.#samples.push({ at: now, value });
    while (this.#samples.length > 2 && this.#samples[1]!.at <= now - WINDOW_MS) this.#samples.shift();
    const [first] = this.#samples;
    const ms = now - first!.at;
    return ms > 0 ? ((value - first!.value) * 1_000) / ms : null;
  }
}

function timeFor(records: number | null, rate: number | null): number | null {
  if (records === null || records <= 0 || rate === null || rate <= 0) return null;
  return (records * 1_000) / rate;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
