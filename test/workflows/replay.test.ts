import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { workflowTracing } from '../../src/tracing/sdk.ts';
import { installRuntime } from '../../src/worker/runtime.ts';

installRuntime(pino({ level: 'silent' }));

const folder = new URL('../histories/', import.meta.url);
const shapes = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.slice(0, -'.json'.length));

const load = (shape: string): unknown => JSON.parse(readFileSync(new URL(`${shape}.json`, folder), 'utf8'));

/** A run may depend on its id: only `sync/<id>` waits for the next try of failed reads. */
function workflowIdOf(shape: string): string {
  const { events } = load(shape) as {
    events: { workflowExecutionStartedEventAttributes?: { workflowId?: string } }[];
  };
  const id = events[0]?.workflowExecutionStartedEventAttributes?.workflowId;
  if (!id) throw new Error(`The history of ${shape} does not say which workflow it is of.`);
  return id;
}

const bundle = (file: string, workflowInterceptorModules: string[] = []) =>
  bundleWorkflowCode({
    workflowInterceptorModules,
    workflowsPath: fileURLToPath(new URL(file, import.meta.url)),
    logger: new DefaultLogger('ERROR'),
  });

const REMEDY = `A run of this shape that is open while you deploy would stop with an error. Keep the old commands for such runs:
  if (patched('what-changed')) { new code } else { old code }
When no such run can be open any more, record the histories again: npx node scripts/record-histories.ts`;

describe('(I20) recorded runs replay on the present workflow code', async () => {
  const workflowBundle = await bundle('../../workflows/index.ts');

  test.each(shapes)('%s', async (shape) => {
    const replay = Worker.runReplayHistory({ workflowBundle }, load(shape), workflowIdOf(shape));
    await expect(replay, REMEDY).resolves.toBeUndefined();
  });

  test('each of them on a worker that traces, too', { timeout: 180_000 }, async () => {
    const traced = await bundle('../../workflows/index.ts', [workflowTracing()]);
    const exporter = { export: { fn: () => {}, callDuringReplay: false } };
    for (const shape of shapes) {
      const options = { workflowBundle: traced, sinks: { exporter } };
      const replay = Worker.runReplayHistory(options, load(shape), workflowIdOf(shape));
      await expect(replay, `${shape}: ${REMEDY}`).resolves.toBeUndefined();
    }
  });

  test('there is one of each shape', () => {
    expect(shapes.sort()).toEqual([
      'beside',
      'cancelled',
      'cancelled-and-signalled',
      'catch-up',
      'debounce-rearmed',
      'deleted',
      'deleted-while-reading',
      'delta',
      'erased',
      'first-sync',
      'full-sync',
      'issue',
      'leading',
      'legacy',
      'limited',
      'notified',
      'parked',
      'retried',
      'retry-interrupted',
      'setup-pending',
      'slow-look-up',
      'sync-now',
    ]);
  });
});

test('(I20) a workflow that does something else is refused', async () => {
  const replay = Worker.runReplayHistory(
    { workflowBundle: await bundle('./broken-workflow.ts') },
    load('delta'),
    'delta',
  );
  await expect(replay).rejects.toThrow(DeterminismViolationError);
});

test.each(shapes)('(I17) the recorded history of %s contains no record and no key', (shape) => {
  const text = readFileSync(new URL(`${shape}.json`, folder), 'utf8');
  const decoded = text.replaceAll(/"data": "([A-Za-z0-9+/=]+)"/g, (_match, data: string) => atob(data));
  expect(decoded).toContain(shape === 'notified' ? '"id":"recorded:' : '"integrationId":"recorded:');
  expect(decoded).not.toMatch(/ks_dev|whsec|Bearer|remote_id|[\w.]+@[a-z]+\.[a-z]{2,}/);
});
