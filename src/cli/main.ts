#!/usr/bin/env node
import module from 'node:module';
import { CliError, EXIT } from './support/errors.ts';
import { createProgram } from './program.ts';
import { readDotEnv, readEnvironmentFile } from '../dev/environment-file.ts';
import { keepLoopbackDirect } from '../settings/proxy.ts';
import { endOf } from './support/ending.ts';
import { STANDARD_OUTPUT } from './support/output.ts';
import { outliveReaders } from './support/readers.ts';

/** How long a finished command may take to end by itself. Then its process is ended. */
const EXIT_BOUND_MS = 3_000;

const RUNS_SERVERS = new Set(['dev', 'serve', 'worker']);

outliveReaders();

// Compiling modules takes most of a command's start. The cache saves that from the second start on.
module.enableCompileCache();

process.exitCode = await endOf(
  async () => {
    await loadSettings();
    keepLoopbackDirect();
    await createProgram().parseAsync();
  },
  { output: STANDARD_OUTPUT, json: process.argv.includes('--json') },
);
// Nothing should be open now. If something is, it must not keep a finished command alive.
setTimeout(() => process.exit(), EXIT_BOUND_MS).unref();

/** Reads the files with settings, if there are any. The environment takes precedence. */
async function loadSettings(): Promise<void> {
  try {
    const { env } = process;
    Object.assign(env, { ...(await readDotEnv('.env', env)), ...env });
    // While `dev` runs, commands that do not run their own servers use those of `dev`.
    if (RUNS_SERVERS.has(process.argv[2] ?? '')) return;
    Object.assign(env, { ...readEnvironmentFile(env['DATA_DIR']), ...env });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new CliError(EXIT.failed, 'settings', message, { cause: error });
  }
}
