import { expect, test } from 'vitest';
import { createTestStore } from '../support/database.ts';
import { OBJECT_NAMES } from '../support/object-names.ts';
import { expectProblem, startApi } from './api.ts';

const store = await createTestStore();

test.each(OBJECT_NAMES)(
  'the name %s, a property of every object, is treated like any other name in a request',
  async (name) => {
    const { app, call } = await startApi(store);
    for (const path of [
      `/integrations/${name}`,
      `/integrations/${name}/syncs`,
      `/integrations/${name}/drift`,
    ]) {
      expectProblem(await call('GET', path), 404, 'not_found');
    }
    for (const query of [`status=${name}`, `limit=${name}`, `after[${name}]=1&limit=${name}`]) {
      expectProblem(await call('GET', `/integrations?${query}`), 400, 'bad_request');
    }
    expectProblem(await call('GET', `/changes?after=${name}`), 400, 'bad_request');

    // As an unknown parameter or field.
    expectProblem(await call('GET', `/integrations?${name}=1`), 400, 'bad_request');
    const headers = { 'content-type': 'application/json' };
    const body = `{"${name}":{"reason":"a test"},"reason":7}`;
    expectProblem(await call('POST', '/integrations/demo:1/pause', { body, headers }), 400, 'bad_request');

    const page = await app.inject({ url: `/?status=${name}&category=${name}&${name}=1&refresh=${name}` });
    expect(page.statusCode).toBe(401);
    expectProblem(await app.inject({ url: `/${name}` }), 404, 'not_found');
  },
);
