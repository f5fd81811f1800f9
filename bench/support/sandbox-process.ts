import { createSandbox } from '../../sandbox/index.ts';

/** A sandbox in a process of its own, so that its memory and processor time are not ours. Prints its address. */
const [id = 'bench:million', table = 'ats_applications', records = '1000000'] = process.argv.slice(2);
const sandbox = createSandbox({
  integrations: [{ id, category: 'ATS', records: { [table]: Number(records) } }],
});
process.stdout.write(`${await sandbox.listen()}\n`);
