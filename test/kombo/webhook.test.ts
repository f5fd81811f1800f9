import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  MalformedDelivery,
  parseDelivery,
  type Delivery,
  type IntegrationEvent,
} from '../../src/kombo/webhook.ts';

const integration = {
  integration_id: 'personio:CBNMt7dSNCzBdnRTx87dev4E',
  integration_tool: 'personio',
  integration_category: 'HRIS',
};
const about = { integrationId: 'personio:CBNMt7dSNCzBdnRTx87dev4E', tool: 'personio', category: 'HRIS' };

const dataChanged = (data: object) => ({ id: 'Cbfk5sHt', type: 'data-changed', data });

const many = Array.from({ length: 501 }, (_, index) => ({ name: `model_${index}` }));

describe('data-changed', () => {
  test('names each model once, even one that this version does not know', () => {
    const names = ['hris_employees', 'hris_employees', 'hris_moods'];
    const delivery = parseDelivery(
      dataChanged({ ...integration, changed_models: names.map((name) => ({ name })) }),
    );
    expect(delivery).toEqual({
      kind: 'data-changed',
      id: 'Cbfk5sHt',
      type: 'data-changed',
      ...about,
      models: ['hris_employees', 'hris_moods'],
    });
  });

  test('keeps the entries that can be read, and accepts unknown fields', () => {
    const delivery = parseDelivery({
      ...dataChanged({
        ...integration,
        changed_models: [
          null,
          'hris_teams',
          { name: 7 },
          { name: 'x'.repeat(201) },
          { name: 'hris_absences', rows: 3 },
        ],
        sent_by: 'tomorrow',
      }),
      version: 2,
    });
    expect(delivery).toMatchObject({ models: ['hris_absences'] });
  });

  test.each<[string, object]>([
    ['entries of another shape', { changed_models: [{}, 7, null] }],
    ['one entry of another shape beside good ones', { changed_models: [{ name: 'hris_teams' }, null] }],
    ['no list', {}],
    ['a text instead of a list', { changed_models: 'hris_teams' }],
    ['more entries than there are models', { changed_models: many }],
  ])('with %s names everything', (_name, models) => {
    expect(parseDelivery(dataChanged({ ...integration, ...models }))).toMatchObject({
      kind: 'data-changed',
      ...about,
      everything: true,
    });
  });

  test('names no model with an empty list, and only the listed ones with a readable list', () => {
    for (const changed_models of [[], [{ name: 'hris_teams' }]]) {
      expect(parseDelivery(dataChanged({ ...integration, changed_models }))).not.toHaveProperty('everything');
    }
  });

  test('needs no tool and no category', () => {
    const delivery = parseDelivery(
      dataChanged({
        integration_id: 'a:b',
        integration_tool: 3,
        integration_category: null,
        changed_models: [],
      }),
    );
    expect(delivery).toEqual({
      kind: 'data-changed',
      id: 'Cbfk5sHt',
      type: 'data-changed',
      integrationId: 'a:b',
      models: [],
    });
  });
});

test.each(['integration-created', 'integration-state-changed', 'sync-finished'])(
  '%s has your id for the customer, unless it cannot be used',
  (type) => {
    const named = { ...integration, id: about.integrationId };
    const originOf = (end_user: unknown) => parseDelivery({ id: 'x', type, data: { ...named, end_user } });
    expect(originOf({ origin_id: '36123' })).toMatchObject({ originId: '36123' });
    for (const none of [
      { origin_id: null },
      { origin_id: 'a\nb' },
      { origin_id: 'x'.repeat(201) },
      7,
      null,
    ]) {
      expect(originOf(none)).toMatchObject({ integrationId: about.integrationId, originId: undefined });
    }
  },
);

describe('events of an integration', () => {
  test.each([
    ['integration-created', 'created'],
    ['integration-deleted', 'deleted'],
  ])('%s has the id in data.id', (type, event) => {
    const data = { id: about.integrationId, tool: 'personio', category: 'HRIS', end_user: {} };
    expect(parseDelivery({ id: 'x', type, data })).toEqual({
      kind: 'lifecycle',
      id: 'x',
      type,
      ...about,
      change: { event },
    });
  });

  test('integration-state-changed has the id in data.integration_id', () => {
    const type = 'integration-state-changed';
    expect(parseDelivery({ id: 'x', type, data: { ...integration, state: 'ACTIVE' } })).toEqual({
      kind: 'lifecycle',
      id: 'x',
      type,
      ...about,
      change: { event: 'state-changed' },
    });
  });
});

test.each(['assessment:order-received', 'inline-assessment:order-received'])(
  '%s is read as a change of assessment_orders',
  (type) => {
    const data = {
      id: 'order',
      package_id: 'p',
      integration_id: 'smartrecruiters:1',
      candidate: { email: 'a@b.c' },
    };
    expect(parseDelivery({ id: 'x', type, data })).toEqual({
      kind: 'data-changed',
      id: 'x',
      type,
      integrationId: 'smartrecruiters:1',
      category: 'ASSESSMENT',
      models: ['assessment_orders'],
    });
  },
);

test.each(['sync-finished', 'remote-event-received'])(
  '%s means that any data of the integration may have changed',
  (type) => {
    const {
      integration_id: integrationId,
      integration_tool: tool,
      integration_category: category,
    } = integration;
    const legacy = { kind: 'legacy', id: 'x', type, integrationId, tool, category };
    expect(parseDelivery({ id: 'x', type, data: { ...integration } })).toEqual(legacy);
    expect(parseDelivery({ id: 'x', type, data: {} })).toEqual({ kind: 'ignored', id: 'x', type });
  },
);

test.each(['connection-flow-failed', 'ai-apply-application-status-updated', 'invented-next-year'])(
  '%s asks for no read',
  (type) => {
    const ignored = { kind: 'ignored', id: 'x', type };
    expect(parseDelivery({ id: 'x', type, data: { any: 'thing' } })).toEqual(ignored);
    const integrationId = integration.integration_id;
    expect(parseDelivery({ id: 'x', type, data: { ...integration } })).toEqual({ ...ignored, integrationId });
  },
);

test('a deletion has its time in UTC, or none if it cannot be read', () => {
  const deletion = (deleted_at: unknown) =>
    parseDelivery({
      id: 'x',
      type: 'integration-deleted',
      data: { id: 'personio:1', deleted_at },
    }) as IntegrationEvent;
  expect(deletion('2026-03-01T10:00:00Z')).toMatchObject({
    change: { event: 'deleted', deletedAt: '2026-03-01T10:00:00.000Z' },
  });
  expect(deletion('2026-03-01T10:00:00')).toEqual(deletion('2026-03-01T10:00:00Z'));
  expect(deletion('yesterday').change.deletedAt).toBeUndefined();
});

describe('a malformed delivery', () => {
  test.each<[string, unknown]>([
    ['null', null],
    ['a list', []],
    ['a string', 'data-changed'],
    ['no id', { type: 'data-changed', data: {} }],
    ['an id that is a number', { id: 1, type: 'data-changed', data: {} }],
    ['an empty type', { id: 'x', type: '', data: {} }],
    ['no data', { id: 'x', type: 'sync-finished' }],
    ['no integration', dataChanged({ changed_models: [] })],
    [
      'an integration id of 201 characters',
      dataChanged({ integration_id: 'x'.repeat(201), changed_models: [] }),
    ],
    ['a NUL in the integration id', dataChanged({ integration_id: 'a\u0000b', changed_models: [] })],
    [
      'half a surrogate in the integration id',
      dataChanged({ integration_id: 'a\ud83d', changed_models: [] }),
    ],
    ['created without data.id', { id: 'x', type: 'integration-created', data: { integration_id: 'a:b' } }],
    [
      'state-changed without integration_id',
      { id: 'x', type: 'integration-state-changed', data: { id: 'a:b' } },
    ],
    [
      'an order without integration_id',
      { id: 'x', type: 'assessment:order-received', data: { id: 'order' } },
    ],
  ])('%s', (_name, json) => {
    expect(() => parseDelivery(json)).toThrow(MalformedDelivery);
  });

  test('any JSON is a delivery with short ids or throws MalformedDelivery', () => {
    const types = fc.constantFrom(
      'data-changed',
      'integration-created',
      'integration-state-changed',
      'other',
    );
    const data = fc.oneof(
      fc.jsonValue(),
      fc.record({ integration_id: fc.jsonValue(), id: fc.jsonValue(), changed_models: fc.jsonValue() }),
    );
    const body = fc.oneof(fc.jsonValue(), fc.record({ id: fc.string(), type: types, data }));
    fc.assert(
      fc.property(body, (json) => {
        const delivery = parseOrUndefined(json);
        const length = delivery?.integrationId === undefined ? 1 : delivery.integrationId.length;
        expect(length).toBeGreaterThan(0);
        expect(length).toBeLessThanOrEqual(200);
      }),
    );
  });

  test('the error does not repeat what was sent', () => {
    const json = dataChanged({ integration_id: '', note: 'jane@example.com' });
    expect(() => parseDelivery(json)).toThrow(/^(?!.*jane).*data\.integration_id is missing/);
  });
});

function parseOrUndefined(json: unknown): Delivery | undefined {
  try {
    return parseDelivery(json);
  } catch (error) {
    if (error instanceof MalformedDelivery) return undefined;
    throw error;
  }
}
