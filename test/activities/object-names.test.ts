import { expect, test } from 'vitest';
import { ERROR_CLASSES } from '../../src/domain/errors.ts';
import { findIntegration } from '../../src/store/state/integrations.ts';
import { OBJECT_NAMES } from '../support/object-names.ts';
import { createWorkbench, pass, run, start } from './setup.ts';

const bench = await createWorkbench();
const { control, store } = bench;
const { syncEndpoint } = bench.activities();

test.each(OBJECT_NAMES)(
  'the code %s, a property of every object, is a failure of a known class, and the attempt does not fail',
  async (name) => {
    const id = await bench.integration();
    for (const status of [400, 503]) {
      control.addFault({ kind: 'error', code: name, status, integration: id, count: 'always' });
      const result = await run(syncEndpoint, pass(id));
      expect(result).toMatchObject({ state: 'failed', reason: { code: expect.any(String) as string } });
      const { delta } = await bench.debts(id);
      expect(ERROR_CLASSES).toContain(delta?.failure?.errorClass);
      control.clearFaults();
      await bench.wait(id, 3_600_000);
    }
    const { kombo } = bench;
    const odd: typeof kombo.getIntegration = async (...asked) => {
      const said = { tool: name, state: name, setupStatus: name, unavailableModels: [name] };
      return { ...(await kombo.getIntegration(...asked)), ...said };
    };
    const { startSync } = bench.activities({ kombo: { ...kombo, getIntegration: odd } });
    expect(await run(startSync, start(id, { lookUp: true, by: 'webhook', models: [name] }))).toMatchObject({
      unknownModels: [name],
    });
    expect(await findIntegration(store, id)).toMatchObject({ status: 'active', statusReason: null });
  },
);
