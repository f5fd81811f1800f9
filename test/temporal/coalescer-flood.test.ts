import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Coalescer, CoalescerTimeout } from '../../src/http/webhooks/coalescer.ts';
import type { Notice } from '../../src/http/webhooks/gathered.ts';
import { controlledSend, notice, settled, turn } from './controlled-send.ts';

test('in a flood, what was refused was not sent, and places go to what can be answered', async () => {
  const { send, sent } = controlledSend();
  const coalescer = new Coalescer({ send, windowMs: 0, maxConcurrent: 1, deadlineMs: 40 });
  const answers = ['a', 'b', 'c'].map((id) => settled(coalescer.add(notice(id, 'x'))));
  const patient = coalescer.add(notice('d', 'x'), 10_000);
  expect(await Promise.all(answers)).toEqual(Array(3).fill(expect.any(CoalescerTimeout)));
  sent[0]!.finish();
  await turn();
  expect(sent.map(({ notice: { integrationId } }) => integrationId)).toEqual(['a', 'd']);
  sent[1]!.finish();
  await patient;
});

test('a send is not begun that would end after its delivery has given up', async () => {
  const send = async ({ integrationId }: Notice) => {
    sentIds.push(integrationId);
    await delay(100);
  };
  const sentIds: string[] = [];
  const coalescer = new Coalescer({ send, windowMs: 0, maxConcurrent: 1 });
  // Sends take a tenth of a second, as the first ones show.
  for (let round = 0; round < 20; round += 1) await coalescer.add(notice(`warm ${round}`, 'x'));
  const before = coalescer.add(notice('before', 'x'));
  await turn();
  const late = settled(coalescer.add(notice('late', 'x'), 150));
  expect(await late).toBeInstanceOf(CoalescerTimeout);
  await before;
  await coalescer.idle();
  expect(sentIds).not.toContain('late');
});

test('where sends take long, the window after one is as long, so that more deliveries share the next', async () => {
  const starts: number[] = [];
  const ends: number[] = [];
  const send = async () => {
    starts.push(performance.now());
    await delay(60);
    ends.push(performance.now());
  };
  const coalescer = new Coalescer({ send, windowMs: 10 });
  for (let round = 0; round < 15; round += 1) await coalescer.add(notice('a', 'x'));
  const gap = starts.at(-1)! - ends.at(-2)!;
  expect(gap).toBeGreaterThan(45);
});
