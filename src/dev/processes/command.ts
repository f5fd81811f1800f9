import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { defined } from '../../domain/defined.ts';
import type { Children } from './children.ts';

interface CommandOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  uid?: number;
  gid?: number;
  /** Descriptor of a file that it reads. */
  stdin?: number;
  signal?: AbortSignal | undefined;
  timeoutMs?: number;
  onErrorLine?: (line: string) => void;
  /** Where a long command is noted, so that it can be found after this process was killed. */
  children?: Children | undefined;
}

interface CommandResult {
  /** Whether it ran and ended with exit code 0. */
  ok: boolean;
  stdout: string;
  /** The last lines of stderr, or why it could not be run. */
  complaint: string;
}

const COMPLAINT_LINES = 12;

/**
 * Runs a tool to its end in a process group of its own.
 *
 * @throws the signal's reason when that aborts; the group is ended then.
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { env, cwd, uid, gid, stdin = 'ignore', signal, timeoutMs, onErrorLine, children } = options;
  signal?.throwIfAborted();
  let child: ChildProcess;
  try {
    child = spawn(command, args, {
      stdio: [stdin, 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
      ...defined({ env, cwd, uid, gid }),
    });
  } catch (error) {
    // Some reasons not to run are thrown, others come as an event: such as that root may not become another user.
    return { ok: false, stdout: '', complaint: error instanceof Error ? error.message : String(error) };
  }
  children?.adopt('tool', child);
  const end = () => {
    if (child.pid === undefined) return;
    try {
      process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
    } catch {
      // It has just ended by itself.
    }
  };
  const timer = timeoutMs === undefined ? undefined : setTimeout(end, timeoutMs);
  signal?.addEventListener('abort', end, { once: true });
  let stdout = '';
  const complaints: string[] = [];
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  createInterface({ input: child.stderr! }).on('line', (line) => {
    complaints.push(line);
    if (complaints.length > COMPLAINT_LINES) complaints.shift();
    onErrorLine?.(line);
  });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  child.once('error', (error) => {
    complaints.push(error.message);
    resolve(false);
  });
  child.once('close', (code) => resolve(code === 0));
  try {
    const ok = await promise;
    signal?.throwIfAborted();
    return { ok, stdout, complaint: complaints.join('\n') };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
  }
}
