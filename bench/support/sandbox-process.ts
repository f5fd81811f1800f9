import { createSandbox } from '../../sandbox/index.ts';

/** A sandbox in its own process, so that its memory and processor time do not count. Prints its URL. */
const [id = 'bench:million', table = 'ats_applications', records = '1000000'] = process.argv.slice(2);
const sandbox = createSandbox({
  integrations: [{ id, category: 'ATS', records: { [table]: Number(records) } }],
});
process.stdout.write(`${await sandbox.listen()}\n`);
