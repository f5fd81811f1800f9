import { existsSync } from 'node:fs';
import path from 'node:path';
import { cachePlace, userPlace } from '../processes/cache.ts';
import { runCommand } from '../processes/command.ts';

/** The release that is downloaded: the one of docker-compose.yml. */
export const NEWEST_CLI = 'v1.9.1';
/** The release that is built where nothing can be downloaded: the newest one that `go install` takes. */
export const BUILDABLE_CLI = 'v1.5.1';

export const TEMPORAL_REMEDIES = [
  'install the Temporal CLI: brew install temporal, or https://docs.temporal.io/cli',
  'set TEMPORAL_CLI_PATH to a temporal command that is installed somewhere else',
  'set TEMPORAL_ADDRESS to a server that runs already, for example localhost:7233',
  'install Go 1.25 or newer (https://go.dev/dl), then the server is built once',
];

type Env = Readonly<Record<string, string | undefined>>;

const suffix = process.platform === 'win32' ? '.exe' : '';

const cliIn = (place: string, version: string) => path.join(place, 'temporal', version, `temporal${suffix}`);

/** Where the command is put that is downloaded or built. */
export function cachedCli(env: Env, version = NEWEST_CLI): string {
  return cliIn(cachePlace(env), version);
}

/** Where one may be from before, the newest first; a home that is read-only now may have it. */
export function cachedClis(env: Env): string[] {
  const places = [userPlace(env), cachePlace(env)];
  return [
    ...new Set(
      [NEWEST_CLI, BUILDABLE_CLI].flatMap((version) => places.map((place) => cliIn(place, version))),
    ),
  ];
}

/** All files on PATH that could be this command, in order. */
export function findOnPath(name: string, env: Env): string[] {
  return (env['PATH'] ?? '')
    .split(path.delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => path.join(folder, `${name}${suffix}`))
    .filter((file) => existsSync(file));
}

const VERIFY_TIMEOUT_MS = 20_000;

/** Runs the command and returns its version; undefined if it is not a Temporal CLI that works here. */
export async function verifyCli(file: string, signal?: AbortSignal): Promise<string | undefined> {
  const { ok, stdout } = await runCommand(file, ['--version'], { signal, timeoutMs: VERIFY_TIMEOUT_MS });
  return ok ? /^temporal version (\S+)/.exec(stdout)?.[1] : undefined;
}
