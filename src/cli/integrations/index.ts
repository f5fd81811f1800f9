import type { Command } from 'commander';
import { addGroup } from '../support/define.ts';
import { registerAdd } from './add.ts';
import { registerPause, registerRemove, registerResume } from './pause-resume-remove.ts';
import { registerList } from './list.ts';
import { registerShow } from './show.ts';

const EXAMPLE_ID = 'personio:CBNMt7dSNCzBdnRTx87dev4E';

export function register(program: Command): void {
  const group = addGroup(program, 'integrations', 'List and show integrations; add, pause and remove them', [
    'integrations list --failing',
    `integrations add ${EXAMPLE_ID}`,
    'integrations add --file ids.txt',
    `integrations pause ${EXAMPLE_ID} --reason "the customer moves to another tool"`,
  ]);
  registerList(group);
  registerShow(group);
  registerAdd(group);
  registerPause(group);
  registerResume(group);
  registerRemove(group);
}
