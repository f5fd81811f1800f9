import type { Command } from 'commander';
import { completionScript, type Shell } from '../support/completion.ts';
import { jsonText } from '../support/terminal.ts';

/** Needs no settings: it is run by the start of a shell. */
export function completion(program: Command, shell: Shell, json = false): void {
  const script = completionScript(program, shell);
  process.stdout.write(json ? jsonText({ shell, script }) : script);
}
