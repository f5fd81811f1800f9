/** Starts children in the data folder. Then, by its argument, it waits to be killed (`wait`) or exits (`exit`). */
import { spawn } from 'node:child_process';
import { Children } from '../../src/dev/processes/children.ts';
import { claimDataDir } from '../../src/dev/processes/claim.ts';

const [dataDir, then] = process.argv.slice(2);
claimDataDir(dataDir!);
const children = new Children(dataDir!);
for (const kind of ['temporal', 'tool'] as const) {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
    detached: true,
    stdio: 'ignore',
  });
  children.adopt(kind, child);
  process.stdout.write(`${kind} ${child.pid}\n`);
}
// By default, SIGTERM would end this process but not its children.
process.on('SIGTERM', () => process.exit());
process.stdout.write('ready\n');
if (then === 'exit') process.exit(3);
