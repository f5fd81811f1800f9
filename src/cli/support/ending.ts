import { CommanderError } from 'commander';
import { describeFailure, Ended, EXIT, type ExitCode, type Failure } from './errors.ts';
import type { Output } from './output.ts';
import { jsonText, screenText } from './terminal.ts';

/** Does the work of a command line, and says what it fails with. Returns the exit code. */
export async function endOf(
  work: () => Promise<unknown>,
  { output, json }: { output: Output; json: boolean },
): Promise<ExitCode> {
  try {
    await work();
    return EXIT.done;
  } catch (error) {
    if (error instanceof Ended) return error.exitCode;
    const failure = error instanceof CommanderError ? describeUsage(error) : describeFailure(error);
    if (!failure) return EXIT.done;
    const { code, message, exitCode } = failure;
    // Commander has already printed its errors.
    if (!(error instanceof CommanderError)) output.writeErr(screenText(message));
    if (json) output.writeOut(jsonText({ error: { code, message } }));
    return exitCode;
  }
}

/** Help and the version are no failures. */
function describeUsage(error: CommanderError): Failure | undefined {
  if (error.exitCode === 0) return undefined;
  const message = error.code === 'commander.help' ? 'A command is missing.' : error.message;
  return { code: 'wrong_use', message: message.replace(/^error: /, ''), exitCode: EXIT.wrongUse };
}
