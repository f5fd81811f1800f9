import { describe, expect, test } from 'vitest';
import { CATALOGUE, enabledEndpoints, findEndpoint, isOffered } from '../../src/domain/catalogue/index.ts';
import { NO_COUNTS } from '../../src/domain/counts.ts';
import { parseDuration } from '../../src/domain/duration.ts';
import { classifyAnswer } from '../../src/domain/errors.ts';
import { fullSyncOptions } from '../../src/domain/full-sync-options.ts';
import { isSaidByReads, parkedBy, whyParked } from '../../src/domain/life.ts';
import { searchAttributes } from '../../src/domain/names.ts';
import { prepareRecord } from '../../src/domain/records.ts';
import { routeModels } from '../../src/domain/routing.ts';
import { buildResult } from '../../src/domain/sync.ts';
import { joinWanted, readDeliveries, readModels } from '../../src/domain/wanted.ts';
import { readQuery } from '../../src/http/status-page/query.ts';
import { parseExact } from '../../src/kombo/json.ts';
import { parseDelivery } from '../../src/kombo/webhook.ts';
import { OBJECT_NAMES } from '../support/object-names.ts';

const ATS = enabledEndpoints('ATS');

describe.each(OBJECT_NAMES)('a key that every object has: %s', (name) => {
  test('an answer with that code is classified by its status', () => {
    expect([400, 401, 429, 503].map((status) => classifyAnswer(name, status))).toEqual([
      'RequestRejected',
      'AccessDenied',
      'RateLimited',
      'Unavailable',
    ]);
  });

  test('does not park an integration as a state, and is shown as it is as a reason', () => {
    expect(whyParked({ status: name, setupStatus: name })).toBeUndefined();
    expect(isSaidByReads(name)).toBe(true);
    expect(parkedBy(name)).toMatchObject({ code: name, message: expect.stringContaining(name) as string });
  });

  test('is a category without endpoints, not an endpoint, and an unknown model', () => {
    expect(enabledEndpoints(name, [name])).toEqual([]);
    expect(findEndpoint(name)).toBeUndefined();
    expect(routeModels([name], CATALOGUE)).toEqual({ delta: [], full: [], unknown: [name] });
    expect(ATS.every((endpoint) => isOffered(endpoint, [name]))).toBe(true);
  });

  test('is a plain name in a message, and in several messages together', () => {
    const message = JSON.parse(`{"models":["${name}"],"deliveries":{"${name}":2}}`) as unknown;
    expect(readModels(message)).toEqual([name]);
    const deliveries = readDeliveries(message, 5);
    expect(deliveries).toEqual([{ type: name, times: 2, firstAt: 5, lastAt: 5 }]);
    const wanted = joinWanted(undefined, { models: [name], deliveries, firstAt: 5, lastAt: 5 });
    expect(joinWanted(wanted, { models: [name], deliveries, firstAt: 6, lastAt: 6 })).toMatchObject({
      models: [name],
      deliveries: [{ type: name, times: 4 }],
    });
  });

  test('is a plain name in a delivery: as its type, its model, its tool and its category', () => {
    const data = { integration_id: name, integration_tool: name, integration_category: name };
    expect(parseDelivery({ id: name, type: name, data })).toMatchObject({
      kind: 'ignored',
      integrationId: name,
    });
    const changed = { ...data, changed_models: [{ name }] };
    expect(parseDelivery({ id: name, type: 'data-changed', data: changed })).toMatchObject({
      integrationId: name,
      tool: name,
      category: name,
      models: [name],
    });
    expect(searchAttributes({ integrationId: name, trigger: 'webhook', tool: name, models: [name] })).toEqual(
      expect.arrayContaining([expect.objectContaining({ value: [name] })]),
    );
  });

  test('is an unknown field of a record, and is kept', () => {
    const record = parseExact(`{"id":"a","${name}":{"x":1e5},"name":"n"}`);
    const prepared = prepareRecord(ATS[0]!, record, (value) =>
      typeof value === 'number' ? String(value) : undefined,
    );
    expect(prepared).toMatchObject({ id: 'a', projection: undefined });
    expect(prepared).toHaveProperty('raw', expect.stringContaining(`"${name}":{"x":`));
  });

  test('is not an option, a duration, or a filter of a page', () => {
    expect(fullSyncOptions(JSON.parse(`{"${name}":{"models":["a"]}}`) as object)).toEqual({});
    expect(parseDuration(`5 ${name}`)).toBeUndefined();
    const given = JSON.parse(`{"${name}":"1","status":"${name}","category":"${name}"}`) as unknown;
    expect(readQuery(given)).toMatchObject({ status: null, category: null, failing: false });
  });

  test('is an endpoint of its own in a result', () => {
    const outcome = { endpoint: name, kind: 'delta', status: 'failed', counts: NO_COUNTS } as const;
    const result = buildResult('demo:1', [outcome], { syncs: 1, unknownModels: [name] });
    expect(Object.entries(result.endpoints)).toEqual([[name, expect.objectContaining({ status: 'failed' })]]);
    expect(result).toMatchObject({ status: 'failed', failed: [name] });
  });
});
