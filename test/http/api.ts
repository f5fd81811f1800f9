import type { LightMyRequestResponse } from 'fastify';
import { expect, inject, onTestFinished } from 'vitest';
import { STATUS_CODES } from 'node:http';
import { defined } from '../../src/domain/defined.ts';
import type { HttpDeps } from '../../src/http/deps.ts';
import type { TestStore } from '../support/database.ts';
import { uniqueTaskQueue } from '../support/temporal.ts';
import { ADMIN_TOKEN, temporalAt, testApp, testConfig } from './support.ts';

export const authorization = `Bearer ${ADMIN_TOKEN}`;

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'PUT';

type Answer = LightMyRequestResponse;

export interface CallOptions {
  body?: object | string | undefined;
  headers?: Record<string, string>;
  remoteAddress?: string;
}

/** A call of the admin API, with the right token unless you pass another one. */
export type Call = (method: Method, path: string, options?: CallOptions) => Promise<Answer>;

/** The admin API on the shared Temporal server, with a task queue that no worker polls. */
export async function startApi(
  store: TestStore,
  settings: Record<string, string> = {},
  overrides: Partial<HttpDeps> = {},
) {
  const temporal = temporalAt(inject('temporalAddress'));
  const config = testConfig({ TASK_QUEUE: uniqueTaskQueue(), ...settings });
  const { app } = await testApp({ store, temporal, config, ...overrides });
  const call: Call = async (method, path, { body, headers, remoteAddress } = {}) =>
    app.inject({
      method,
      url: `/api/v1${path}`,
      headers: { authorization, ...headers },
      ...defined({ body, remoteAddress }),
    });
  return { app, call, temporal, config };
}

/** Checks that an answer is a complete and consistent problem of RFC 9457. */
export function expectProblem(answer: Answer, status: number, code: string, detail?: RegExp | string): void {
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  const problem = answer.json<Record<string, unknown>>();
  expect(problem).toEqual({
    type: `urn:kombo-sync:problem:${code}`,
    title: expect.stringMatching(/^[A-Z]/) as unknown,
    status,
    detail:
      detail === undefined ? (expect.any(String) as unknown) : (expect.stringMatching(detail) as unknown),
    code,
    instance: expect.stringMatching(/^urn:uuid:[0-9a-f-]{36}$/) as unknown,
  });
  expect(answer.statusCode).toBe(status);
  expect(STATUS_CODES[status]).toBeDefined();
}

/** Ends workflows that a test has started, even if the test fails. */
export function terminateAfter(temporal: HttpDeps['temporal'], ...workflowIds: string[]): void {
  onTestFinished(async () => {
    const handles = workflowIds.map((id) => temporal.client.workflow.getHandle(id));
    await Promise.all(handles.map((handle) => handle.terminate('end of the test').catch(() => {})));
  });
}
