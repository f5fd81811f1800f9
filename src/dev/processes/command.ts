import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { defined } from '../../domain/defined.ts';
import type { Children } from './children.ts';

interface CommandOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  uid?: number;
  gid?: number;
  /** Descriptor of a file to read. */
  stdin?: number;
  signal?: AbortSignal | undefined;
  timeoutMs?: number;
  onErrorLine?: (line: string) => void;
  /** Lists a long command, so that a later process can end it if this one is killed. */
  children?: Children | undefined;
}

interface CommandResult {
  /** Whether it ran and ended with exit code 0. */
  ok: boolean;
  stdout: string;
  /** The last lines of stderr, or why the command could not run. */
  complaint: string;
}

const COMPLAINT_LINES = 12;

/**
 * Runs a tool to its end, in its own process group.
 *
 * @throws the reason of the signal if it aborts; this ends the group too.
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
    // `spawn` throws some failures and emits others, for example that root may not become another user.
    return { ok: false, stdout: '', complaint: error instanceof Error ? error.message : String(error) };
  }
  children?.adopt('tool', child);
  const end = () => {
    if (child.pid === undefined) return;
    try {
      process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
    } catch {
      // It has just ended.
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
