import { expect, test } from 'vitest';
import { Live } from '../../src/dev/demo/live.ts';
import { NO_COUNTS } from '../../src/domain/counts.ts';
import type { DeliveryEvent } from '../../src/http/server.ts';
import type { PageEvent } from '../../src/worker/run.ts';

test.each<[DeliveryEvent['outcome'], Partial<DeliveryEvent>, string]>([
  ['accepted', { integrationId: 'a:b', type: 'data-changed', models: ['hris_teams'] }, 'hris_teams'],
  ['ignored', { integrationId: 'a:b', type: 'invented-next-year' }, 'ignored: invented-next-year'],
  ['malformed', {}, 'malformed'],
])('the line of a delivery that is %s says what is known about it', (outcome, event, text) => {
  const lines: string[] = [];
  const output = { updates: false, say: (line: string) => lines.push(line), block: () => {} };
  new Live(output, new Map(), 'kombo').delivery({ outcome, ms: 1, models: [], ...event });
  expect(lines).toEqual([expect.stringMatching(new RegExp(`^\\S+  webhook  (a:b|–) +${text}$`))]);
});

test('the line about written rows names the table with its schema', () => {
  const lines: string[] = [];
  const output = { updates: false, say: (line: string) => lines.push(line), block: () => {} };
  const counts = { ...NO_COUNTS, created: 2 };
  const pass = { integrationId: 'a:b', endpoint: '/hris/teams', kind: 'delta', trigger: 'webhook' } as const;
  const event: PageEvent = { ...pass, page: 1, done: true, counts };
  new Live(output, new Map(), 'hr').page(event);
  expect(lines).toEqual([expect.stringMatching(/hr\.hris_teams: 2/)]);
});
