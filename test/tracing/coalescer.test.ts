import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, test } from 'vitest';
import { Coalescer } from '../../src/http/webhooks/coalescer.ts';

/** Lets everything that is ready in this turn of the event loop happen. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const notice = (integrationId: string, ...models: string[]) => ({ integrationId, models });

test('a send is a part of the trace of the first delivery that it answers, not of the send before it', async () => {
  const trace = new AsyncLocalStorage<string>();
  const seen: (string | undefined)[] = [];
  const send = async () => {
    seen.push(trace.getStore());
    await turn();
  };
  const coalescer = new Coalescer({ send, windowMs: 5 });
  const first = trace.run('first', () => coalescer.add(notice('a', 'x')));
  await turn();
  const second = trace.run('second', () => coalescer.add(notice('a', 'y')));
  const third = trace.run('third', () => coalescer.add(notice('a', 'z')));
  await Promise.all([first, second, third]);
  expect(seen).toEqual(['first', 'second']);
});
