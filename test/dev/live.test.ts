import { expect, test } from 'vitest';
import { Live } from '../../src/dev/demo/live.ts';
import type { DeliveryEvent } from '../../src/http/server.ts';

test.each<[DeliveryEvent['outcome'], Partial<DeliveryEvent>, string]>([
  ['accepted', { integrationId: 'a:b', type: 'data-changed', models: ['hris_teams'] }, 'hris_teams'],
  ['ignored', { integrationId: 'a:b', type: 'invented-next-year' }, 'ignored: invented-next-year'],
  ['malformed', {}, 'malformed'],
])('the line of a webhook that is %s says what is known of it', (outcome, event, text) => {
  const lines: string[] = [];
  const output = { updates: false, say: (line: string) => lines.push(line), block: () => {} };
  new Live(output, new Map()).delivery({ outcome, ms: 1, models: [], ...event });
  expect(lines).toEqual([expect.stringMatching(new RegExp(`^\\S+  webhook  (a:b|–) +${text}$`))]);
});
