import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { makeFolder } from './folder.ts';
import { identify, isRunning, type ProcessIdentity } from './identity.ts';
import { writePrivately } from './private-file.ts';

interface Kind {
  /** The signals that end it, the gentlest first. */
  signals: readonly [NodeJS.Signals, ...NodeJS.Signals[]];
  /** It has children of its own, which need the signals too. */
  group: boolean;
}

/** For Postgres SIGINT means "disconnect all clients and end", SIGQUIT "end now, recover at the next start". */
const KINDS = {
  postgres: { signals: ['SIGINT', 'SIGQUIT', 'SIGKILL'], group: false },
  temporal: { signals: ['SIGINT', 'SIGTERM', 'SIGKILL'], group: false },
  tool: { signals: ['SIGTERM', 'SIGKILL'], group: true },
} as const satisfies Record<string, Kind>;

type ChildKind = keyof typeof KINDS;

interface Entry extends ProcessIdentity {
  kind: ChildKind;
}

/** How long a child may take to end after one signal before it gets the next. */
const PATIENCE_MS = 3_000;
const POLL_MS = 20;

/**
 * The child processes of one parent. A file in the data folder lists them, so that the next parent can end those that a
 * killed one left behind. Only one parent at a time may use the folder.
 */
export class Children {
  readonly #file: string;
  readonly #entries = new Map<number, Entry>();

  constructor(dataDir: string) {
    makeFolder(dataDir);
    this.#file = path.join(dataDir, 'children.json');
    // Unless SIGKILL ends this process, its children end with it.
    process.once('exit', this.endNow);
  }

  /** Ends only the processes that an earlier parent left running. Returns their kinds. */
  async clearLeftovers(): Promise<ChildKind[]> {
    const left = readEntries(this.#file).filter((entry) => isRunning(entry));
    await Promise.all(left.map((entry) => end(entry)));
    this.#save();
    return left.map((entry) => entry.kind);
  }

  /** Adds a child that was just spawned with `detached: true`. */
  adopt(kind: ChildKind, child: ChildProcess): void {
    const { pid } = child;
    const identity = pid === undefined ? undefined : identify(pid);
    if (pid === undefined || !identity) return;
    this.#entries.set(pid, { kind, ...identity });
    this.#save();
    child.once('exit', () => {
      this.#entries.delete(pid);
      this.#save();
    });
  }

  /** Ends a child, each signal stronger than the last. Returns after about nine seconds at the latest. */
  async stop(child: ChildProcess): Promise<void> {
    const entry = child.pid === undefined ? undefined : this.#entries.get(child.pid);
    if (!entry || hasEnded(child)) return;
    const exit = once(child, 'exit');
    await end(entry);
    await exit;
  }

  /** Ends all children at once, when this process is about to exit. */
  readonly endNow = (): void => {
    for (const entry of this.#entries.values()) {
      const { signals } = KINDS[entry.kind];
      send(entry, entry.kind === 'postgres' ? 'SIGQUIT' : signals[signals.length - 1]!);
    }
  };

  #save(): void {
    writePrivately(this.#file, JSON.stringify([...this.#entries.values()]));
  }
}

/** Whether the child has ended or could not be started. */
export function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

async function end(entry: Entry): Promise<void> {
  for (const signal of KINDS[entry.kind].signals) {
    send(entry, signal);
    const until = performance.now() + PATIENCE_MS;
    while (performance.now() < until) {
      if (!isRunning(entry)) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

function send(entry: Entry, signal: NodeJS.Signals): void {
  if (!isRunning(entry)) return;
  try {
    process.kill(KINDS[entry.kind].group ? -entry.pid : entry.pid, signal);
  } catch {
    // It has just ended.
  }
}

function readEntries(file: string): Entry[] {
  try {
    const entries: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(entries) ? entries.filter(isEntry) : [];
  } catch {
    return [];
  }
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, pid, startedAt } = value as Partial<Record<keyof Entry, unknown>>;
  return (
    typeof kind === 'string' &&
    Object.hasOwn(KINDS, kind) &&
    Number.isInteger(pid) &&
    typeof startedAt === 'string'
  );
}
