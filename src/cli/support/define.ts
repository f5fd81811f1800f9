import type { Command } from 'commander';
import { parseId } from './options.ts';

/** Adds a command with what every command has: `--json`, a one-line description, examples, and a check of its ids. */
export function addCommand(
  parent: Command,
  usage: string,
  description: string,
  examples: readonly string[],
): Command {
  const command = parent
    .command(usage)
    .description(description)
    .option('--json', 'print one JSON document on stdout')
    .addHelpText('after', exampleText(examples));
  for (const argument of command.registeredArguments) {
    if (argument.name() === 'id') argument.argParser(parseId);
  }
  return command;
}

/** Adds a command that only groups others. */
export function addGroup(
  parent: Command,
  name: string,
  description: string,
  examples: readonly string[],
): Command {
  return parent.command(name).description(description).addHelpText('after', exampleText(examples));
}

function exampleText(examples: readonly string[]): string {
  return `\nExample${examples.length > 1 ? 's' : ''}:\n${examples.map((line) => `  kombo-sync ${line}`).join('\n')}`;
}
