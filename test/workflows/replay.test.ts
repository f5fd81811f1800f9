import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PayloadCodec } from '@temporalio/common';
import { bundleWorkflowCode, DefaultLogger, Worker, type ReplayWorkerOptions } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { pino } from 'pino';
import { beforeAll, describe, expect, test } from 'vitest';
import { payloadSettings } from '../../src/config.ts';
import { payloadCodecs } from '../../src/temporal/payloads/codecs.ts';
import { workflowTracing } from '../../src/tracing/sdk.ts';
import { workflowBundle } from '../../src/worker/bundle.ts';
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

const codecs = () =>
  payloadCodecs(
    payloadSettings({
      TEMPORAL_PAYLOAD_CODEC: 'aes',
      TEMPORAL_PAYLOAD_KEYS: `of-test:${Buffer.alloc(32, 1).toString('base64')}`,
    }),
  );

interface StoredPayload {
  metadata: Record<string, string>;
  data?: string;
}

const isPayload = (part: object): part is StoredPayload => 'metadata' in part && 'data' in part;

/** The history as the server has it if a codec wrote it: it encodes every payload but search attributes. */
async function encoded(part: unknown, codec: PayloadCodec): Promise<unknown> {
  if (typeof part !== 'object' || part === null) return part;
  if (Array.isArray(part)) return Promise.all(part.map((one) => encoded(one, codec)));
  if (isPayload(part)) {
    const bytes = (text = '') => Buffer.from(text, 'base64');
    const metadata = Object.fromEntries(
      Object.entries(part.metadata).map(([name, text]) => [name, bytes(text)]),
    );
    const [payload] = await codec.encode([{ metadata, data: bytes(part.data) }]);
    const text = (value: Uint8Array) => Buffer.from(value).toString('base64');
    return {
      metadata: Object.fromEntries(
        Object.entries(payload!.metadata!).map(([name, value]) => [name, text(value)]),
      ),
      data: text(payload!.data!),
    };
  }
  const entries = Object.entries(part).map(async ([name, value]: [string, unknown]) => [
    name,
    name === 'searchAttributes' ? value : await encoded(value, codec),
  ]);
  return Object.fromEntries(await Promise.all(entries)) as unknown;
}

const REMEDY = `A run of this shape that is open while you deploy would stop with an error. Keep the old commands for such runs:
  if (patched('what-changed')) { new code } else { old code }
When no such run can be open any more, record the histories again: npx node scripts/record-histories.ts`;

type Read = (shape: string) => unknown;

/** How the replay of each history ended. They share a worker, since to start one takes longer than all the replays. */
async function replayAll(options: ReplayWorkerOptions, names = shapes, read: Read = load) {
  const errors = new Map<string, Error | undefined>();
  async function* histories() {
    for (const shape of names) yield { history: await read(shape), workflowId: workflowIdOf(shape) };
  }
  const left = names.values();
  for await (const { error } of Worker.runReplayHistories(options, histories()))
    errors.set(left.next().value!, error);
  return (shape: string): Error | undefined => {
    if (!errors.has(shape)) throw new Error(`The history of ${shape} was not replayed.`);
    return errors.get(shape);
  };
}

describe('(I20) recorded runs replay on the present workflow code', async () => {
  const bundle = await workflowBundle(undefined);
  let present: Awaited<ReturnType<typeof replayAll>>;
  let encrypted: typeof present;
  beforeAll(async () => {
    present = await replayAll({ workflowBundle: bundle });
    const payloadCodecs = await codecs();
    const options = { workflowBundle: bundle, dataConverter: { payloadCodecs } };
    encrypted = await replayAll(options, shapes, (shape) => encoded(load(shape), payloadCodecs[0]!));
  });

  test.each(shapes)('%s', (shape) => {
    expect(present(shape), REMEDY).toBeUndefined();
  });

  test('each of them on a worker that traces, too', { timeout: 180_000 }, async () => {
    const traced = await workflowBundle(workflowTracing());
    const exporter = { export: { fn: () => {}, callDuringReplay: false } };
    const errorOf = await replayAll({ workflowBundle: traced, sinks: { exporter } });
    for (const shape of shapes) expect(errorOf(shape), `${shape}: ${REMEDY}`).toBeUndefined();
  });

  test.each(shapes)('%s, as TEMPORAL_PAYLOAD_CODEC=aes stores it', (shape) => {
    expect(encrypted(shape), REMEDY).toBeUndefined();
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
  const broken = bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('./broken-workflow.ts', import.meta.url)),
    logger: new DefaultLogger('ERROR'),
  });
  const errorOf = await replayAll({ workflowBundle: await broken });
  expect(errorOf('delta')).toBeInstanceOf(DeterminismViolationError);
});

test.each(shapes)('(I17) the recorded history of %s contains no record and no key', (shape) => {
  const text = readFileSync(new URL(`${shape}.json`, folder), 'utf8');
  const decoded = text.replaceAll(/"data": "([A-Za-z0-9+/=]+)"/g, (_match, data: string) => atob(data));
  expect(decoded).toContain(shape === 'notified' ? '"id":"recorded:' : '"integrationId":"recorded:');
  expect(decoded).not.toMatch(/ks_dev|whsec|Bearer|remote_id|[\w.]+@[a-z]+\.[a-z]{2,}/);
});
