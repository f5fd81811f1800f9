import type { Command } from 'commander';

/** Adds a command with what every command has: `--json`, one line that says what it does, and examples. */
export function addCommand(
  parent: Command,
  usage: string,
  description: string,
  examples: readonly string[],
): Command {
  return parent
    .command(usage)
    .description(description)
    .option('--json', 'print one JSON document on stdout')
    .addHelpText('after', exampleText(examples));
}

/** Adds a command that only holds others. */
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
