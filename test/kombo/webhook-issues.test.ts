import { describe, expect, test } from 'vitest';
import { MalformedDelivery, parseDelivery } from '../../src/kombo/webhook.ts';

describe('issue-status-changed', () => {
  const issue = {
    id: '2NkWvTxQbYsRcLp7ZmHdGf4j',
    type: 'integration.authentication_failed',
    title: 'Authentication failed',
    status: 'OPEN',
    markdown_message: 'The tool refuses.\r\n\r\n\r\nAsk to **reconnect** <b>\u001b[31m.',
    first_observed_at: '2026-09-24T06:12:00.000Z',
    resolved_at: null,
  };
  const of = { id: 'a:b', tool: 'personio', category: 'HRIS', end_user: { origin_id: '36123' } };
  const read = (data: object) => parseDelivery({ id: 'x', type: 'issue-status-changed', data });

  test('has the issue with cleaned texts, and its integration', () => {
    expect(read({ change: 'raised', issue, integration: of })).toEqual({
      kind: 'issue',
      id: 'x',
      type: 'issue-status-changed',
      integrationId: 'a:b',
      tool: 'personio',
      category: 'HRIS',
      originId: '36123',
      issue: {
        id: issue.id,
        integrationId: 'a:b',
        type: issue.type,
        title: issue.title,
        message: 'The tool refuses.\n\nAsk to **reconnect** <b> [31m.',
        firstObservedAt: issue.first_observed_at,
        resolvedAt: null,
      },
    });
  });

  test.each([null, undefined])('is about the whole environment if its integration is %j', (none) => {
    const delivery = read({ change: 'raised', issue, integration: none });
    expect(delivery).toMatchObject({ kind: 'issue', issue: { integrationId: null } });
    expect(delivery.integrationId).toBeUndefined();
  });

  test('is accepted with an unknown type, and with texts and times that are not valid', () => {
    const odd = { id: 'i', type: 'a\nb', title: 7, markdown_message: null, first_observed_at: 'soon' };
    expect(read({ change: 'snoozed', issue: odd })).toMatchObject({
      issue: { id: 'i', type: 'unknown', title: 'Issue without a title', message: '', resolvedAt: null },
    });
  });

  test('can report an issue as resolved without a time', () => {
    const at = '2026-09-25T06:12:00.000Z';
    const resolved = { change: 'resolved', issue: { ...issue, status: 'RESOLVED', resolved_at: at } };
    expect(read(resolved)).toMatchObject({ issue: { resolvedAt: at } });
    expect(read({ change: 'resolved', issue })).toMatchObject({
      issue: { resolvedAt: expect.any(String) as string },
    });
  });

  test.each([{}, { issue: {} }, { issue: { id: '' } }, { issue, integration: { id: '../x' } }])(
    'is malformed without usable ids, for example %j',
    (data) => {
      expect(() => read(data)).toThrow(MalformedDelivery);
    },
  );
});
