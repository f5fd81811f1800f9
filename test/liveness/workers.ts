import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ofEveryProcess } from '../support/process-environment.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const SHIFT_CLOCK = new URL('../support/shift-clock.ts', import.meta.url).href;
const START_BOUND_MS = 60_000;
const KEPT_LINES = 20;
const KEPT_LENGTH = 300;
const WARNING = /"level":[456]0/;

/** Worker processes, each in its own place. Another one replaces a killed one. */
export class Workers {
  readonly #environment: Record<string, string>;
  readonly #folder: string;
  readonly #places: (ChildProcess | undefined)[] = [];
  readonly #log: string[] = [];
  #started = 0;

  constructor(environment: Record<string, string>, folder: string) {
    this.#environment = environment;
    this.#folder = folder;
  }

  /** The last warnings of the workers. */
  get log(): readonly string[] {
    return this.#log;
  }

  /** Starts the real command in a process with a shifted clock; resolves when it works. */
  async start(place: number, shiftMs: number): Promise<void> {
    const { TASK_QUEUE: taskQueue = '' } = this.#environment;
    const child = spawn(process.execPath, ['--import', SHIFT_CLOCK, MAIN, 'worker'], {
      cwd: this.#folder,
      env: {
        ...ofEveryProcess(),
        HOME: this.#folder,
        LOG_FORMAT: 'json',
        LOG_LEVEL: process.env['LIVE_LOGS'] ? 'debug' : 'info',
        TEST_CLOCK_SHIFT: String(shiftMs),
        ...this.#environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#places[place] = child;
    this.#keepLog(child, `${place}.${++this.#started}`);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('A worker did not start in time.')), START_BOUND_MS);
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        if (!text.includes(taskQueue)) return;
        clearTimeout(timer);
        resolve();
      });
      child.once('close', (code, signal) => {
        clearTimeout(timer);
        reject(new Error(`A worker ended with ${code ?? signal} at its start.`));
      });
    });
  }

  /** @returns false if the place is empty. */
  signal(place: number, signal: NodeJS.Signals): boolean {
    return this.#places[place]?.kill(signal) ?? false;
  }

  /** Kills the process in a place and waits for its end. */
  async kill(place: number): Promise<void> {
    const child = this.#places[place];
    this.#places[place] = undefined;
    await end(child, 'SIGKILL');
  }

  /** Ends every process, even a frozen one. */
  async close(): Promise<void> {
    const children = this.#places.splice(0);
    await Promise.all(children.map((child) => end(child, 'SIGKILL')));
  }

  #keepLog(child: ChildProcess, name: string): void {
    const folder = process.env['LIVE_LOGS'];
    const file = folder ? createWriteStream(join(folder, `worker-${name}-${child.pid}.log`)) : undefined;
    createInterface({ input: child.stderr! }).on('line', (line) => {
      file?.write(`${line}\n`);
      if (!WARNING.test(line)) return;
      this.#log.push(`worker ${name}: ${line.slice(0, KEPT_LENGTH)}`);
      if (this.#log.length > KEPT_LINES) this.#log.shift();
    });
  }
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.kill(signal);
  await closed;
}
