import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RequestQueue, type Waiting } from '../../src/domain/request-queue.ts';

const ask = (integrationId: string, urgent = false): Waiting => ({ integrationId, urgent });

function drain(queue: RequestQueue<Waiting>): Waiting[] {
  const served: Waiting[] = [];
  for (let next = queue.peek(); next; next = queue.peek()) {
    served.push(next);
    expect(queue.remove(next)).toBe(true);
  }
  return served;
}

test('(I32) urgent requests come first, in the order in which they were made', () => {
  const queue = new RequestQueue<Waiting>();
  const [a, b, c] = [ask('a'), ask('b', true), ask('a', true)];
  for (const one of [a, b, c]) queue.add(one);
  expect(drain(queue)).toEqual([b, c, a]);
});

test('(I32) an integration with many reads has one turn where another has one', () => {
  const queue = new RequestQueue<Waiting>();
  const many = Array.from({ length: 3 }, () => ask('many'));
  const few = ask('few');
  for (const one of [...many, few]) queue.add(one);
  expect(drain(queue).map(({ integrationId }) => integrationId)).toEqual(['many', 'few', 'many', 'many']);
});

test('each request is served once, and one that was taken out is not', () => {
  const request = fc.record({ integrationId: fc.constantFrom('a', 'b', 'c'), urgent: fc.boolean() });
  fc.assert(
    fc.property(fc.array(fc.tuple(request, fc.boolean()), { maxLength: 30 }), (asked) => {
      const queue = new RequestQueue<Waiting>();
      for (const [one] of asked) queue.add(one);
      for (const [one, leaves] of asked) if (leaves) expect(queue.remove(one)).toBe(true);
      const stays = asked.filter(([, leaves]) => !leaves).map(([one]) => one);
      expect([...queue]).toHaveLength(stays.length);
      const served = drain(queue);
      expect(new Set(served)).toEqual(new Set(stays));
      expect(served.findLastIndex(({ urgent }) => urgent)).toBe(
        stays.filter(({ urgent }) => urgent).length - 1,
      );
      for (const [one] of asked) expect(queue.remove(one)).toBe(false);
    }),
  );
});
