import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { syncWorkflowId } from '../../src/domain/names.ts';
import { connectTemporal } from '../../src/temporal/connect.ts';
import { startTracing } from '../../src/tracing/index.ts';
import { workflowBundle } from '../../src/worker/bundle.ts';
import { eventually } from '../support/poll.ts';
import { startCollector, type SeenSpan } from '../support/traces.ts';
import { createSystem } from './setup.ts';

const system = await createSystem();
const { control } = system;
const log = pino({ level: 'silent' });
const about = { process: 'worker', version: '0.1.0', log } as const;

test(
  'one trace leads from the delivery to the pages that it has brought, with nothing of a record in it',
  { timeout: 120_000 },
  async () => {
    const collector = await startCollector();
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = collector.url;
    process.env['OTEL_BSP_SCHEDULE_DELAY'] = '200';
    onTestFinished(() => {
      delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
      delete process.env['OTEL_BSP_SCHEDULE_DELAY'];
    });
    const stop = await startTracing(about);
    onTestFinished(stop);
    const temporal = await connectTemporal();
    onTestFinished(() => temporal.close());
    const worker = await system.worker();
    onTestFinished(() => worker.stop());
    await system.server({ temporal });
    const id = system.integration({ records: { lms_users: 250 } });
    await system.firstSync(id);
    const [user] = control.ids(id, 'lms_users', { limit: 1 });
    control.update(id, 'lms_users', [user!]);
    await system.tell(id, ['lms_users']);
    await system.settled(id);
    /** The trace of that delivery; the spans of earlier ones may come later. */
    const traceOf = () => {
      const delivery = collector.spans.find(({ attributes }) => attributes['kind'] === 'data-changed');
      return collector.spans.filter(({ traceId }) => traceId === delivery?.traceId);
    };
    const names = ['delivery', 'RunWorkflow:integrationSync', 'write'];
    await eventually(() => names.every((name) => traceOf().some((span) => span.name === name)));
    const trace = traceOf();
    const spanOf = (name: string) => trace.find((span) => span.name === name);
    const deepest = spanOf('write')!;
    const way: SeenSpan[] = [deepest];
    for (;;) {
      const parent = trace.find((span) => span.id === way[0]!.parentId);
      if (!parent) break;
      way.unshift(parent);
    }
    // A read that is slow on a busy machine goes on in an activity of its own.
    const activity = /:(startSync|syncEndpoint)$/;
    expect(way.map(({ name }) => name.replace(activity, ':…'))).toEqual([
      'delivery',
      'SignalWithStartWorkflow:integrationSync',
      'RunWorkflow:integrationSync',
      'StartActivity:…',
      'RunActivity:…',
      'pass',
      'write',
    ]);
    expect(trace.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['HandleSignal:modelsChanged', 'debounce', 'plan', 'pass', 'fetch', 'write']),
    );
    expect(spanOf('pass')!.attributes).toEqual({
      integration: id,
      endpoint: '/lms/users',
      kind: 'delta',
      trigger: 'webhook',
    });
    const { startMs, endMs } = spanOf('debounce')!;
    expect(endMs - startMs).toBeGreaterThanOrEqual(system.config.DEBOUNCE_QUIET);
    expect(spanOf('RunActivity:startSync')!.attributes).toMatchObject({
      temporalWorkflowId: syncWorkflowId(id),
    });
    expect(deepest.resource).toMatchObject({ 'service.name': 'kombo-sync', 'kombo-sync.process': 'worker' });
    expect(collector.paths).toEqual(new Set(['POST /v1/traces application/x-protobuf']));

    const words = control
      .tables(id)
      .flatMap((table) =>
        [...control.snapshot(id, table).values()].flatMap((record) => Object.values(record)),
      )
      .filter((word) => typeof word === 'string' && word.length > 8);
    const told = collector.spans.map(({ text }) => text).join('\n');
    expect(words.length).toBeGreaterThan(100);
    expect(words.filter((word) => told.includes(word as string))).toEqual([]);

    // A worker that does not trace takes over what one began that does.
    const history = await system.temporal.client.workflow.getHandle(syncWorkflowId(id)).fetchHistory();
    expect(JSON.stringify(historyToJSON(history))).toContain('_tracer-data');
    const replay = Worker.runReplayHistory(
      { workflowBundle: await workflowBundle(undefined), sinks: {} },
      history,
      syncWorkflowId(id),
    );
    await expect(replay).resolves.toBeUndefined();
  },
);

test(
  'without the variables nothing of OpenTelemetry is there, and no history has a trace',
  { timeout: 60_000 },
  async () => {
    const stop = await startTracing(about, {});
    const worker = await system.worker();
    await system.server();
    const id = system.integration();
    await system.firstSync(id);
    const history = await system.temporal.client.workflow.getHandle(syncWorkflowId(id)).fetchHistory();
    expect(JSON.stringify(historyToJSON(history))).not.toContain('_tracer-data');
    await worker.stop();
    await stop();
  },
);
