import { expect, test } from 'vitest';
import { explain } from '../../src/outages/index.ts';
import { createPatience } from '../../src/temporal/patience.ts';

const refusal = () =>
  Object.assign(new Error('Failed to create schedule'), {
    cause: Object.assign(new Error('3'), { code: 3, details: 'no mapping for search attribute KomboTool' }),
  });

test('after the bound the error says why, and a later call is not tried as long again', async () => {
  const notes: string[] = [];
  const patience = createPatience({
    note: (line) => notes.push(line),
    boundMs: 80,
    everyMs: 5,
    noteEveryMs: 30,
  });
  let tries = 0;
  const act = () => {
    tries += 1;
    return Promise.reject(refusal());
  };
  const error: unknown = await patience(act).catch((thrown: unknown) => thrown);
  expect(explain(error)).toMatch(
    /^Temporal refuses a request: the search attributes are registered, and it still refuses them after 0 s: no mapping/,
  );
  expect(tries).toBeGreaterThan(3);
  expect(notes.length).toBeGreaterThan(1);
  tries = 0;
  await expect(patience(act)).rejects.toThrow('still refuses');
  expect(tries).toBe(1);
});

test('a call that fails for another reason is not tried again', async () => {
  let tries = 0;
  const patience = createPatience({ note: () => {} });
  const act = () => Promise.reject(new Error(`no ${++tries}`));
  await expect(patience(act)).rejects.toThrow('no 1');
});
