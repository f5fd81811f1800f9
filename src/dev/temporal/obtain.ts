import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { optionalPeer } from '../../version.ts';
import { fromClone } from '../called-as.ts';
import type { Children } from '../processes/children.ts';
import { runCommand } from '../processes/command.ts';
import { homeOf, userPlace } from '../processes/cache.ts';
import { makeFolder, ownFolder } from '../processes/folder.ts';
import { tryLock, type Lock } from '../processes/lock.ts';
import { BUILDABLE_CLI, cachedCli, findOnPath, NEWEST_CLI, verifyCli } from './cli.ts';

export interface ObtainOptions {
  env: Readonly<Record<string, string | undefined>>;
  note: (line: string) => void;
  signal?: AbortSignal | undefined;
  children?: Children | undefined;
}

/** Puts a file whose name starts with `temporal` into the folder, or returns why it could not. */
export type Obtain = (folder: string, options: ObtainOptions) => Promise<string | undefined>;

const WAIT_POLL_MS = 500;
const WORK_PREFIX = 'work-';

/**
 * Downloads or builds the command into your cache, one process at a time: the others wait and use the result. A rename
 * puts the file in place after it ran once, so a file there is always whole.
 *
 * @returns the command, or why each way failed.
 */
export async function obtainTemporal(
  options: ObtainOptions,
  ways: readonly Obtain[] = [download, build],
): Promise<{ file: string } | { failures: string[] }> {
  const folder = path.dirname(cachedCli(options.env));
  makeFolder(folder);
  const lock = await waitForLock(path.join(folder, 'lock'), options);
  try {
    // Another process may have been first.
    for (const version of [NEWEST_CLI, BUILDABLE_CLI]) {
      const file = cachedCli(options.env, version);
      if ((await verifyCli(file, options.signal)) !== undefined) return { file };
    }
    // This process is the only one here, so leftovers come from one that was killed.
    for (const name of await readdir(folder)) {
      if (name.startsWith(WORK_PREFIX)) await rm(path.join(folder, name), { recursive: true, force: true });
    }
    const failures: string[] = [];
    for (const obtain of ways) {
      const work = path.join(folder, `${WORK_PREFIX}${process.pid}`);
      await mkdir(work, { recursive: true });
      try {
        const failure = await obtain(work, options);
        const made = failure === undefined ? await findWorking(work, options.signal) : undefined;
        if (made !== undefined) {
          const target = cachedCli(options.env, obtain === build ? BUILDABLE_CLI : NEWEST_CLI);
          makeFolder(path.dirname(target));
          await rename(made, target);
          return { file: target };
        }
        failures.push(failure ?? 'The downloaded or built command does not run.');
      } finally {
        await rm(work, { recursive: true, force: true });
      }
    }
    return { failures };
  } finally {
    lock.release();
  }
}

async function waitForLock(file: string, { note, signal }: ObtainOptions): Promise<Lock> {
  let told = false;
  for (;;) {
    signal?.throwIfAborted();
    const lock = tryLock(file);
    if (lock) return lock;
    if (!told) note('Another process downloads or builds the Temporal server; waiting for it …');
    told = true;
    await new Promise((resolve) => setTimeout(resolve, WAIT_POLL_MS));
  }
}

async function findWorking(folder: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith('temporal') || name.endsWith('.downloading')) continue;
    const file = path.join(folder, name);
    if ((await verifyCli(file, signal)) !== undefined) return file;
  }
  return undefined;
}

/** Why it cannot be downloaded, and what to do: a clone brings the test kit, an installed package does not. */
export function noDownload(clone: boolean): string {
  const remedy = clone
    ? 'npm ci with development packages.'
    : `npm install ${optionalPeer(TEST_KIT)} (with -g if kombo-sync is installed so).`;
  return `The Temporal server is downloaded by ${TEST_KIT}, which is not installed. Run: ${remedy}`;
}

const TEST_KIT = '@temporalio/testing';

function hasTestKit(): boolean {
  try {
    return createRequire(import.meta.url).resolve(TEST_KIT) !== '';
  } catch {
    return false;
  }
}

const STALLED_MS = 20_000;

/** The SDK's own download. It fails at once without internet, and is stopped if packets are lost and no data comes. */
const download: Obtain = async (folder, { note, signal, children }) => {
  if (!hasTestKit()) return noDownload(fromClone());
  note(`Downloading the Temporal server ${NEWEST_CLI} …`);
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const script = fileURLToPath(new URL(`./download.${extension}`, import.meta.url));
  const stalled = new AbortController();
  let size = 0;
  let grownAt = performance.now();
  const look = async () => {
    const now = await sizeOf(folder);
    if (now > size) grownAt = performance.now();
    size = now;
    if (performance.now() - grownAt > STALLED_MS) stalled.abort(new Error('nothing came'));
  };
  const watch = setInterval(() => void look(), 1_000);
  try {
    const { ok } = await runCommand(process.execPath, [script, folder, NEWEST_CLI], {
      signal: signal ? AbortSignal.any([signal, stalled.signal]) : stalled.signal,
      children,
    });
    return ok ? undefined : 'The download from temporal.download failed.';
  } catch (error) {
    signal?.throwIfAborted();
    if (!stalled.signal.aborted) throw error;
    return 'The download from temporal.download stalled.';
  } finally {
    clearInterval(watch);
  }
};

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(path.join(folder, name)).then(
        (found) => found.size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, one) => sum + one, 0);
}

const PROGRESS_MS = 10_000;
const OLDEST_GO = [1, 25] as const;

/** Builds the command with Go, from the module proxy. */
export const build: Obtain = async (folder, { env, note, signal, children }) => {
  const [go] = findOnPath('go', env);
  if (go === undefined) return 'Go is not installed, so the server cannot be built.';
  const { ok, stdout } = await runCommand(go, ['version'], { env: { ...env }, signal });
  const [, major, minor] = /go(\d+)\.(\d+)/.exec(stdout)?.map(Number) ?? [];
  if (!ok || major === undefined || minor === undefined) return `${go} does not work.`;
  if (major < OLDEST_GO[0] || (major === OLDEST_GO[0] && minor < OLDEST_GO[1])) {
    return `Go ${major}.${minor} is too old to build the server; it takes ${OLDEST_GO.join('.')} or newer.`;
  }
  note('Building the Temporal server once, about five minutes on two cores. It is kept in your cache.');
  const began = performance.now();
  let modules = 0;
  let packages = 0;
  const progress = setInterval(() => {
    const elapsed = Math.round((performance.now() - began) / 1_000);
    const time = `${Math.floor(elapsed / 60)}:${String(elapsed % 60).padStart(2, '0')}`;
    note(`  ${time}  ${modules} modules downloaded, ${packages} packages compiled`);
  }, PROGRESS_MS);
  try {
    const module = `github.com/temporalio/cli/cmd/temporal@${BUILDABLE_CLI}`;
    const result = await runCommand(go, ['install', '-v', module], {
      // The build needs no C compiler, and there may be none.
      env: { ...env, ...homeForGo(env, folder), GOBIN: folder, CGO_ENABLED: '0' },
      cwd: folder,
      signal,
      children,
      onErrorLine: (line) => {
        if (line.startsWith('go: downloading ')) modules += 1;
        else if (/^[\w.-]+(\/\S+)?$/.test(line)) packages += 1;
      },
    });
    return result.ok ? undefined : `The build with Go failed: ${result.complaint}`;
  } finally {
    clearInterval(progress);
  }
};

/** Go keeps modules and compiled packages in the home folder, which may be missing or read-only. */
function homeForGo(env: ObtainOptions['env'], folder: string): NodeJS.ProcessEnv {
  if (ownFolder(userPlace(env))) return { HOME: homeOf(env), GOFLAGS: '' };
  // Go makes its modules read-only by default, and then they could not be removed.
  return { HOME: folder, XDG_CACHE_HOME: folder, GOFLAGS: '-modcacherw' };
}
