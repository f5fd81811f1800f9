import { setImmediate as tick } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { RequestPlaces } from '../../activities/support/request-places.ts';

const { signal } = new AbortController();

/** Enters, and notes that it did. */
function queue(places: RequestPlaces, id: string, name: string, entered: string[], by = signal) {
  return places.enter(id, by).then((waited) => {
    entered.push(`${name}${waited ? ' after a while' : ''}`);
    return waited;
  });
}

test('four reads of an integration ask at once, and the others follow in the order of coming', async () => {
  const places = new RequestPlaces(4);
  const entered: string[] = [];
  const asked = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => queue(places, 'demo:1', name, entered));
  await tick();
  expect(entered).toEqual(['a', 'b', 'c', 'd']);
  places.leave('demo:1');
  places.leave('demo:1');
  await Promise.all(asked);
  expect(entered.slice(4)).toEqual(['e after a while', 'f after a while']);
});

test('another integration waits for none of them', async () => {
  const places = new RequestPlaces(4);
  for (let read = 0; read < 4; read += 1) await places.enter('demo:1', signal);
  expect(await places.enter('demo:2', signal)).toBe(false);
});

test('a read that is cancelled while it waits takes no place', async () => {
  const places = new RequestPlaces(4);
  const entered: string[] = [];
  for (let read = 0; read < 4; read += 1) await places.enter('demo:1', signal);
  const cut = new AbortController();
  const cancelled = queue(places, 'demo:1', 'cancelled', entered, cut.signal);
  const next = queue(places, 'demo:1', 'next', entered);
  cut.abort(new Error('cut'));
  await expect(cancelled).rejects.toThrow('cut');
  places.leave('demo:1');
  await next;
  expect(entered).toEqual(['next after a while']);
  for (let read = 0; read < 4; read += 1) places.leave('demo:1');
  expect(await places.enter('demo:1', signal)).toBe(false);
});
