import { spawn } from 'node:child_process';
import { resolve as resolvePath } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { ofEveryProcess } from '../support/process-environment.ts';

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunningCli {
  readonly finished: Promise<Finished>;
  /** Resolves with stdout once it contains the text; rejects if the process ends first. */
  printed(text: string | RegExp): Promise<string>;
  /** The same for stderr. */
  logged(text: string | RegExp): Promise<string>;
  kill(signal: NodeJS.Signals): void;
}

export type Env = Record<string, string>;

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A folder without a `.env`, and a home without a Temporal profile. */
export const emptyFolder = inject('emptyFolder');

/** Runs the real command line to its end, with only the given settings, and `input` as its stdin. */
export function cli(
  args: readonly string[],
  env: Env = {},
  cwd = emptyFolder,
  input?: string,
): Promise<Finished> {
  return startCli(args, env, cwd, input).finished;
}

export function startCli(
  args: readonly string[],
  env: Env = {},
  cwd = emptyFolder,
  input?: string,
): RunningCli {
  return startScript('src/cli/main.ts', args, env, cwd, input);
}

/** Runs a script in a process of its own: one of the project, or one elsewhere by its full path. */
export function startScript(
  script: string,
  args: readonly string[],
  env: Env = {},
  cwd = emptyFolder,
  input = '',
): RunningCli {
  const child = spawn(process.execPath, [resolvePath(root, script), ...args], {
    cwd,
    env: { ...ofEveryProcess(), HOME: emptyFolder, LOG_FORMAT: 'json', ...env },
  });
  // A process that does not read its stdin may have ended already.
  child.stdin.on('error', () => {}).end(input);
  const output = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      for (const listener of listeners) listener();
    });
  }
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...output }));
  });
  const holds = (name: 'stdout' | 'stderr', text: string | RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        if (typeof text === 'string' ? !output[name].includes(text) : !text.test(output[name])) return;
        listeners.delete(look);
        resolve(output[name]);
      };
      listeners.add(look);
      look();
      void finished.then((end) =>
        reject(new Error(`Ended without "${String(text)}": ${JSON.stringify(end)}`)),
      );
    });
  return {
    finished,
    printed: (text) => holds('stdout', text),
    logged: (text) => holds('stderr', text),
    kill: (signal) => void child.kill(signal),
  };
}

/** A port of this machine where nothing listens. */
export { freePort as closedPort } from '../../src/dev/processes/ports.ts';

/** The one JSON document that stdout must consist of. */
export function onlyDocument(stdout: string): unknown {
  if (!stdout.endsWith('\n') || stdout.trimEnd().includes('\n')) {
    throw new Error(`stdout is not one line: ${JSON.stringify(stdout)}`);
  }
  return JSON.parse(stdout);
}
