import type { PageEvent } from '../../worker/run.ts';
import type { Output } from '../output.ts';

interface Line {
  endpoints: number;
  /** Records read, and whether the last page is among them, by endpoint. */
  read: Map<string, { records: number; done: boolean }>;
  end?: string;
}

const EVERY_MS = 100;

/** Shows the progress of the first full syncs: a line for each, updated in place on a terminal. */
export class Progress {
  readonly #output: Output;
  readonly #lines: Map<string, Line>;
  #drawnAt = 0;

  constructor(output: Output, endpoints: ReadonlyMap<string, number>) {
    this.#output = output;
    this.#lines = new Map([...endpoints].map(([id, count]) => [id, { endpoints: count, read: new Map() }]));
    if (output.updates) this.#draw();
  }

  page(event: PageEvent): void {
    const line = this.#lines.get(event.integrationId);
    // Other syncs, of webhooks or catch-ups, may read at the same time.
    if (!line || line.end !== undefined || event.trigger !== 'initial') return;
    line.read.set(event.endpoint, { records: event.counts.records, done: event.done });
    if (!this.#output.updates) {
      if (event.done)
        this.#output.say(`  ${event.integrationId}  ${event.endpoint}  ${event.counts.records} records`);
    } else if (performance.now() - this.#drawnAt > EVERY_MS) this.#draw();
  }

  end(integrationId: string, text: string): void {
    const line = this.#lines.get(integrationId);
    if (!line) return;
    line.end = text;
    if (this.#output.updates) this.#draw();
    else this.#output.say(describe(integrationId, line));
  }

  #draw(): void {
    this.#drawnAt = performance.now();
    this.#output.block([...this.#lines].map(([id, line]) => describe(id, line)));
  }
}

const BAR = 20;

function describe(id: string, line: Line): string {
  const read = [...line.read.values()];
  const done = read.filter((endpoint) => endpoint.done).length;
  const records = read.reduce((sum, endpoint) => sum + endpoint.records, 0);
  const filled = Math.min(BAR, Math.round((BAR * done) / line.endpoints));
  const bar = '█'.repeat(filled).padEnd(BAR, '░');
  const rest = line.end === undefined ? '' : `  ${line.end}`;
  return `  ${id.padEnd(20)} ${bar} ${done}/${line.endpoints} endpoints  ${records} records${rest}`;
}
