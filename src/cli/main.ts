#!/usr/bin/env node
import module from 'node:module';
import { CommanderError } from 'commander';
import { CliError, describeFailure, EXIT, type Failure } from './support/errors.ts';
import { createProgram } from './program.ts';
import { readDotEnv, readEnvironmentFile } from '../dev/environment-file.ts';
import { keepLoopbackDirect } from '../settings/proxy.ts';
import { outliveReaders } from './support/readers.ts';
import { jsonText, screenText } from './support/terminal.ts';

/** How long a finished command may need to end by itself before it is ended. */
const EXIT_BOUND_MS = 3_000;

const RUNS_SERVERS = new Set(['dev', 'serve', 'worker']);

const json = process.argv.includes('--json');

outliveReaders();

// Most of the start of a command is compiling what it loads; the second time that is done.
module.enableCompileCache();

try {
  await loadSettings();
  keepLoopbackDirect();
  await createProgram().parseAsync();
} catch (error) {
  const failure = error instanceof CommanderError ? describeUsage(error) : describeFailure(error);
  if (failure) {
    process.exitCode = failure.exitCode;
    if (!(error instanceof CommanderError)) process.stderr.write(screenText(failure.message));
    if (json) {
      const { code, message } = failure;
      process.stdout.write(jsonText({ error: { code, message } }));
    }
  }
}
// Nothing should be open any more; should something be, it must not keep a finished command alive.
setTimeout(() => process.exit(), EXIT_BOUND_MS).unref();

/** Reads the files of settings, if there are any. What the environment already says wins. */
async function loadSettings(): Promise<void> {
  try {
    const { env } = process;
    Object.assign(env, { ...(await readDotEnv('.env', env)), ...env });
    // Beside a `dev` that runs, everything that does not run servers of its own works with that one's.
    if (RUNS_SERVERS.has(process.argv[2] ?? '')) return;
    Object.assign(env, { ...readEnvironmentFile(env['DATA_DIR']), ...env });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new CliError(EXIT.failed, 'settings', message, { cause: error });
  }
}

/** Commander has already written what is wrong; asked-for help and the version are no failures. */
function describeUsage(error: CommanderError): Failure | undefined {
  if (error.exitCode === 0) return undefined;
  const message = error.code === 'commander.help' ? 'A command is missing.' : error.message;
  return { code: 'wrong_use', message: message.replace(/^error: /, ''), exitCode: EXIT.wrongUse };
}
