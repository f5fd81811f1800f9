import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { choosePort, freePort, isFree } from '../../src/dev/processes/ports.ts';
import { requireFreePort } from '../../src/dev/servers.ts';

async function occupy(): Promise<number> {
  const server = createServer();
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return port;
}

test('the preferred port is used if it is free', async () => {
  const port = await freePort();
  expect(await isFree(port)).toBe(true);
  expect(await choosePort({ purpose: 'it', preferred: port, note: expect.unreachable })).toBe(port);
});

test('a busy port is replaced by a later one, with a note', async () => {
  const busy = await occupy();
  const notes: string[] = [];
  const port = await choosePort({ purpose: 'the UI', preferred: busy, note: (line) => notes.push(line) });
  expect(port).toBeGreaterThan(busy);
  expect(notes).toEqual([`Port ${busy} is busy; the UI uses ${port}.`]);
});

test('a port that is already chosen is not chosen again', async () => {
  const promised = await freePort();
  const options = { purpose: 'it', preferred: promised, except: [promised], note: () => {} };
  expect(await choosePort(options)).not.toBe(promised);
});

test('a busy port that you have chosen is an error', async () => {
  const [busy, free] = [await occupy(), await freePort()];
  await expect(requireFreePort(free, '127.0.0.1')).resolves.toBeUndefined();
  await expect(requireFreePort(0, '127.0.0.1')).resolves.toBeUndefined();
  await expect(requireFreePort(busy, '127.0.0.1')).rejects.toThrow(`PORT is ${busy}, and that port is busy.`);
});
