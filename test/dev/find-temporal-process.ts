/** Finds the `temporal` command like `dev`, without the download. A script, for tests that need several processes. */
import { Children } from '../../src/dev/processes/children.ts';
import { findTemporal } from '../../src/dev/temporal/find.ts';
import { build } from '../../src/dev/temporal/obtain.ts';

const children = new Children(process.argv[2]!);
const cleared = await children.clearLeftovers();
process.stdout.write(`cleared ${cleared.length}\n`);
const note = (line: string) => void process.stdout.write(`${line}\n`);
const file = await findTemporal({ env: process.env, note, children }, [build]);
process.stdout.write(`found ${file}\n`);
