import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { get, testSandbox } from './support.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const COUNT = 10_000;
const MEGABYTE = 1_000_000;

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

test.each([{ scale: 0 }, { records: { hris_employees: 3 } }])(
  `${COUNT} integrations with %j cost little`,
  async (size) => {
    const sandbox = testSandbox({ integrations: [] });
    const { control } = sandbox;
    const before = heapUsed();
    const start = performance.now();
    for (let i = 0; i < COUNT; i++) control.addIntegration({ id: `tool:${i}`, category: 'HRIS', ...size });
    // A fraction of a second on an idle machine; with a table for each model it took 130 MB.
    expect(performance.now() - start).toBeLessThan(5_000);
    expect(heapUsed() - before).toBeLessThan(30 * MEGABYTE);
    const ids = control.integrations();
    expect(ids).toHaveLength(COUNT);
    for (const id of ids) for (const table of control.tables(id)) control.ids(id, table, { limit: 1 });
    expect(heapUsed() - before).toBeLessThan(60 * MEGABYTE);
    const { body } = await get(sandbox, ids.at(-1), '/hris/employees');
    expect(body.data.results).toHaveLength(control.ids(ids.at(-1)!, 'hris_employees').length);
    const state = control.saveState();
    expect(state.length).toBeLessThan(5 * MEGABYTE);
    expect(testSandbox({ savedState: state }).control.integrations()).toHaveLength(COUNT);
  },
);
