import type { Command } from 'commander';
import { completionScript, type Shell } from '../support/completion.ts';
import { outputOf } from '../support/output.ts';
import { jsonText } from '../support/terminal.ts';

/** Needs no settings: it is run by the start of a shell. */
export function completion(program: Command, shell: Shell, json = false): void {
  const script = completionScript(program, shell);
  outputOf(program).writeOut(json ? jsonText({ shell, script }) : script);
}
