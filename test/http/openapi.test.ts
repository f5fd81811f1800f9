import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import Fastify, { type FastifyInstance } from 'fastify';
import { beforeAll, expect, test } from 'vitest';
import { buildApps } from '../../src/http/app.ts';
import { openStore } from '../../src/store/database.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { lazyTemporal } from '../../src/temporal/connect.ts';
import { createTestStore } from '../support/database.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { startApi } from './api.ts';
import { CLOSED_ADDRESS, recordingLog, testApp, testConfig } from './support.ts';

interface Schema {
  $ref?: string;
}

interface Parameter {
  name: string;
  in: string;
  required: boolean;
  description?: string;
  schema?: Schema;
}

interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  parameters?: Parameter[];
  requestBody?: { required: boolean; content: Record<string, { schema: Schema }> };
  responses: Record<string, { description: string; content: Record<string, { schema?: Schema }> }>;
}

interface Document {
  openapi: string;
  info: { title: string; version: string };
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; securitySchemes: object };
  security: object[];
}

/** The document, and Fastify's routes, for example `GET /api/v1/integrations/{id}`. */
async function readDocument(): Promise<{ document: Document; routes: string[] }> {
  const routes: string[] = [];
  const onInitialization = (message: unknown) => {
    const { fastify } = message as { fastify: FastifyInstance };
    fastify.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) routes.push(`${one} ${url.replaceAll(/:(\w+)/g, '{$1}')}`);
    });
  };
  const store = openStore(`postgres://nobody@${CLOSED_ADDRESS}/nothing`);
  const temporal = await lazyTemporal();
  subscribe('fastify.initialization', onInitialization);
  try {
    const { operations: app } = await buildApps({
      config: testConfig(),
      store,
      temporal,
      log: recordingLog().log,
    });
    const document = (await app.inject('/api/docs/json')).json<Document>();
    await app.close();
    return { document, routes };
  } finally {
    await Promise.all([store.close(), temporal.close()]);
    unsubscribe('fastify.initialization', onInitialization);
  }
}

let document: Document;
let routes: string[];
let operations: { name: string; path: string; operation: Operation }[];
beforeAll(async () => {
  ({ document, routes } = await readDocument());
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      path,
      operation,
    })),
  );
});

test('is an OpenAPI 3.1 document with a title, a version and the bearer token', () => {
  expect(document.openapi).toMatch(/^3\.1\.\d$/);
  expect(document.info).toMatchObject({ title: 'kombo-sync admin API', version: '1' });
  expect(document.components.securitySchemes).toEqual({ token: { type: 'http', scheme: 'bearer' } });
  expect(document.security).toEqual([{ token: [] }]);
});

test('names every route below /api/v1, and no other', () => {
  const api = routes.filter((route) => /^(?!HEAD)\w+ \/api\/v1\//.test(route));
  expect(api.length).toBeGreaterThan(15);
  expect(operations.map(({ name }) => name).sort()).toEqual(api.sort());
});

test('each operation has an id of its own', () => {
  const ids = operations.map(({ operation }) => operation.operationId);
  expect(ids.filter((id) => !/^[a-zA-Z]+$/.test(id))).toEqual([]);
  expect(new Set(ids).size).toBe(operations.length);
});

test('every reference leads to a schema, and every schema is referenced', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(
    ([, target]) => target!,
  );
  const schemas = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
  expect([...new Set(references)].sort()).toEqual(schemas.sort());
});

test('every field of a schema has a type', () => {
  const bare: string[] = [];
  const look = (schema: unknown, at: string): void => {
    if (typeof schema !== 'object' || schema === null) return;
    if ('properties' in schema) {
      for (const [name, field] of Object.entries(schema.properties as object)) {
        const typed = ['type', '$ref', 'anyOf', 'allOf', 'enum'].some((key) => key in (field as object));
        if (!typed) bare.push(`${at}.${name}`);
        look(field, `${at}.${name}`);
      }
    }
    if ('items' in schema) look(schema.items, `${at}[]`);
  };
  for (const [name, schema] of Object.entries(document.components.schemas)) look(schema, name);
  for (const { name, operation } of operations) {
    for (const { content } of Object.values(operation.responses)) {
      for (const { schema } of Object.values(content)) look(schema, name);
    }
  }
  expect(bare).toEqual([]);
});

test('answers may have further fields, bodies may not', () => {
  expect(
    JSON.stringify([document.components.schemas, operations.map((one) => one.operation.responses)]),
  ).not.toContain('"additionalProperties":false');
  const bodies = operations.flatMap(
    ({ operation }) => operation.requestBody?.content['application/json'] ?? [],
  );
  expect(bodies.length).toBeGreaterThan(3);
  for (const { schema } of bodies) expect(schema).toMatchObject({ additionalProperties: false });
});

test('each operation has its tag, its parameters and every answer', () => {
  const tags = new Set(document.tags.map((tag) => tag.name));
  for (const { name, path, operation } of operations) {
    expect(operation.tags.length, name).toBe(1);
    expect(
      operation.tags.every((tag) => tags.has(tag)),
      name,
    ).toBe(true);
    expect(operation.summary, name).toMatch(/^[A-Z]/);
    checkParameters(name, path, operation.parameters ?? []);
    checkAnswers(name, path, operation.responses);
  }
});

const acts = (name: string) => !name.startsWith('GET');

function checkParameters(name: string, path: string, parameters: Parameter[]): void {
  const of = (where: string) => parameters.filter((one) => one.in === where).map((one) => one.name);
  expect(
    of('path').map((one) => `{${one}}`),
    name,
  ).toEqual(path.match(/\{\w+\}/g) ?? []);
  expect(of('header'), name).toEqual(acts(name) ? ['idempotency-key', 'x-actor'] : []);
  for (const parameter of parameters) {
    const at = `${name} ${parameter.name}`;
    expect(parameter.description, at).toBeTruthy();
    expect(parameter.schema, at).toBeDefined();
    expect(parameter.required, at).toBe(parameter.in === 'path');
  }
}

function checkAnswers(name: string, path: string, answers: Operation['responses']): void {
  const always = ['400', '401', '403', '429', '500', '503'];
  if (path.includes('{id}')) always.push('404', '414');
  if (acts(name)) always.push('409', '413', '415', '422');
  expect(Object.keys(answers), name).toEqual(expect.arrayContaining(always));
  expect(
    Object.keys(answers).some((status) => status.startsWith('2')),
    name,
  ).toBe(true);
  for (const [status, { description, content }] of Object.entries(answers)) {
    const at = `${name} ${status}`;
    const type = status.startsWith('2') ? 'application/json' : 'application/problem+json';
    expect(description, at).not.toMatch(/^(Default Response)?$/);
    expect(Object.keys(content), at).toEqual([type]);
    expect(content[type]?.schema, at).toBeDefined();
    if (!status.startsWith('2')) expect(content[type]?.schema?.$ref, at).toBe('#/components/schemas/Problem');
  }
}

test('a field that can be null is documented as nullable', async () => {
  const id = uniqueIntegrationId();
  const store = await createTestStore();
  await saveIntegration(store, { id, tool: 'bombohr', category: 'HRIS' });
  const { call } = await startApi(store);
  const list = await call('GET', '/integrations');
  const detail = await call('GET', `/integrations/${id}`);
  expect(list.json()).toMatchObject({ integrations: [{ drift: null }] });
  expect(detail.json()).toMatchObject({ drift: null, schedules: { fullSync: null, catchUp: null } });
  expect(detail.json<{ endpoints: object[] }>().endpoints[0]).toMatchObject({ lastPass: null, owed: [] });
  expect(await problemOf('/api/v1/integrations', list.json())).toBeUndefined();
  expect(await problemOf('/api/v1/integrations/{id}', detail.json())).toBeUndefined();
  expect(await problemOf('/api/v1/integrations/{id}', { ...detail.json<object>(), drift: 'odd' })).toMatch(
    /drift/,
  );
});

/** The errors of a GET's answer against its schema. */
async function problemOf(path: string, answer: object): Promise<string | undefined> {
  const schema = document.paths[path]?.['get']?.responses['200']?.content['application/json']?.schema;
  const validator = Fastify({ ajv: { customOptions: { strict: false, coerceTypes: false } } });
  // The validator looks references up in the schema itself.
  const body = { ...schema, components: document.components };
  validator.post('/', { schema: { body } }, () => ({}));
  const checked = (await validator.inject({ method: 'POST', url: '/', body: answer })).json<{
    message?: string;
  }>();
  return checked.message;
}

test('null is a type, because OpenAPI 3.1 does not have `nullable`', () => {
  const text = JSON.stringify(document);
  expect(text).not.toContain('"nullable"');
  expect(text).toContain('{"type":"null"}');
});

test('a limit is documented as an integer with bounds and a default', () => {
  const limits = operations.flatMap(({ operation }) =>
    (operation.parameters ?? []).filter(({ name }) => name === 'limit'),
  );
  expect(limits.length).toBeGreaterThan(5);
  for (const { required, schema } of limits) {
    expect(required).toBe(false);
    expect(schema).toMatchObject({ type: 'integer', minimum: 1, default: expect.any(Number) as number });
    expect(schema).not.toHaveProperty('x-default');
  }
});

test('only bodies that may be left out are documented as optional', () => {
  const required = operations
    .filter(({ operation }) => operation.requestBody)
    .map(({ operation }) => [operation.operationId, operation.requestBody?.required]);
  expect(Object.fromEntries(required)).toEqual({
    addIntegration: true,
    pauseIntegration: true,
    setIntegration: true,
    syncNow: false,
    cancelSyncs: false,
    resumeIntegration: false,
    fullSync: false,
    fullSyncAll: false,
  });
});

test('/api/docs shows it in a browser', async () => {
  const { app } = await testApp();
  const page = await app.inject('/api/docs/');
  expect(page.statusCode).toBe(200);
  // serve speaks http. Browsers that are told to use https would load nothing.
  expect(page.headers['content-security-policy']).toContain("default-src 'self'");
  expect(page.headers['content-security-policy']).not.toContain('upgrade-insecure-requests');
});
