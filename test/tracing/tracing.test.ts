import { ROOT_CONTEXT } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/poll.ts';
import { CleanSpans } from '../../src/tracing/clean-spans.ts';
import { span, startTracing, wantsTraces } from '../../src/tracing/index.ts';

const ENDPOINT = 'OTEL_EXPORTER_OTLP_ENDPOINT';

test.each<[boolean, Record<string, string>]>([
  [false, {}],
  [false, { OTEL_SERVICE_NAME: 'kombo' }],
  [true, { [ENDPOINT]: 'http://collector:4318' }],
  [true, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318/v1/traces' }],
  [true, { OTEL_TRACES_EXPORTER: 'otlp' }],
  [false, { [ENDPOINT]: 'http://collector:4318', OTEL_TRACES_EXPORTER: 'none' }],
  [false, { [ENDPOINT]: 'http://collector:4318', OTEL_SDK_DISABLED: 'true' }],
  [false, { [ENDPOINT]: '' }],
])('traces are on: %s, with %o', (expected, env) => {
  expect(wantsTraces(env)).toBe(expected);
});

test.each([
  [{ OTEL_TRACES_EXPORTER: 'zipkin' }, /^OTEL_TRACES_EXPORTER is zipkin/],
  [
    { [ENDPOINT]: 'http://c:4317', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    /^OTEL_EXPORTER_OTLP_PROTOCOL is grpc/,
  ],
])('what is not there is refused by name: %o', async (env, message) => {
  await expect(
    startTracing({ process: 'worker', version: '1', log: pino({ level: 'silent' }) }, env),
  ).rejects.toThrow(message);
});

test('without traces, work is done all the same and its error is its own', async () => {
  await expect(span('plan', {}, () => Promise.resolve(7))).resolves.toBe(7);
  await expect(span('plan', {}, () => Promise.reject(new Error('its own')))).rejects.toThrow('its own');
});

test('only what cannot hold anything of a record leaves the process', async () => {
  const sent: ReadableSpan[] = [];
  const next: SpanProcessor = {
    onStart: () => {},
    onEnd: (ended) => void sent.push(ended),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  const spans = new CleanSpans(next);
  spans.onEnd({
    name: 'RunWorkflow:integrationSync',
    attributes: {
      workflowId: 'sync/a:1',
      memo: 'secret',
      temporalTerminateReason: 'secret',
      unsafe: ['secret'],
    },
    events: [
      {
        name: 'exception',
        time: [0, 0],
        attributes: {
          'exception.type': 'Error',
          'exception.message': 'secret',
          'exception.stacktrace': 'secret',
        },
      },
    ],
    status: { code: 2, message: 'secret' },
  } as unknown as ReadableSpan);
  const [{ name, attributes, events, status }] = sent as [ReadableSpan];
  expect({ name, attributes, events, status }).toEqual({
    name: 'RunWorkflow:integrationSync',
    attributes: { workflowId: 'sync/a:1' },
    events: [{ name: 'exception', time: [0, 0], attributes: { 'exception.type': 'Error' } }],
    status: { code: 2 },
  });
  spans.onStart({} as never, ROOT_CONTEXT);
  await spans.forceFlush();
  await spans.shutdown();
});

test('a collector that is away is said in the log, once in a while', async () => {
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = 'http://127.0.0.1:1';
  process.env['OTEL_BSP_SCHEDULE_DELAY'] = '10';
  const stop = await startTracing({ process: 'worker', version: '1', log });
  onTestFinished(async () => {
    delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
    delete process.env['OTEL_BSP_SCHEDULE_DELAY'];
    await stop();
  });
  for (let times = 0; times < 5; times += 1) await span('plan', {}, () => Promise.resolve());
  await eventually(() => lines.length > 0);
  await span('plan', {}, () => Promise.resolve());
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('traces are lost');
  expect(lines[0]).not.toContain('stack');
});
