import { createProgram } from '../../src/cli/program.ts';
import { endOf } from '../../src/cli/support/ending.ts';
import { ofEveryProcess } from '../support/process-environment.ts';
import { emptyFolder, type Env, type Finished } from './spawn.ts';

/**
 * Runs a command to its end in this process, with only the given settings: many times as fast as a process of its own. Use `cli`
 * for what belongs to a process: signals, stdin, files with settings, servers that run and their logs.
 */
export async function runCommand(args: readonly string[], env: Env = {}): Promise<Finished> {
  using _ = await enter({ ...ofEveryProcess(), HOME: emptyFolder, LOG_FORMAT: 'json', ...env });
  const written = { stdout: '', stderr: '' };
  const output = {
    writeOut: (text: string) => void (written.stdout += text),
    writeErr: (text: string) => void (written.stderr += text),
  };
  const before = STOPPING.map((signal) => process.listeners(signal));
  const work = () => createProgram(output).parseAsync(args, { from: 'user' });
  const code = await endOf(work, { output, json: args.includes('--json') });
  for (const [index, signal] of STOPPING.entries()) {
    for (const listener of process.listeners(signal))
      if (!before[index]!.includes(listener)) process.off(signal, listener);
  }
  return { code, ...written };
}

/** Signals that a command may listen for. Its process would end with it. */
const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

interface Room {
  key: string;
  inside: number;
  before: NodeJS.ProcessEnv;
  left: PromiseWithResolvers<void>;
}

let room: Room | undefined;

/** Gives this process an environment. Commands with the same one run beside each other, others wait. */
async function enter(env: Env): Promise<Disposable> {
  const key = JSON.stringify(env);
  if (room && room.key !== key) {
    await room.left.promise;
    return enter(env);
  }
  if (!room) {
    room = { key, inside: 0, before: { ...process.env }, left: Promise.withResolvers() };
    replaceEnvironment({ ...itsOwn(room.before), ...env });
  }
  const here = room;
  here.inside += 1;
  return {
    [Symbol.dispose]: () => {
      here.inside -= 1;
      if (here.inside > 0) return;
      replaceEnvironment(here.before);
      room = undefined;
      here.left.resolve();
    },
  };
}

/** What the test runner and Node read. */
const itsOwn = (env: NodeJS.ProcessEnv) =>
  Object.fromEntries(Object.entries(env).filter(([name]) => /^(VITEST|NODE_|TEST$)/.test(name)));

function replaceEnvironment(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
}
