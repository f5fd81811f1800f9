import { beforeAll, expect, test } from 'vitest';
import { afterFile, cleanUp } from './after-file.ts';

const ran: string[] = [];

beforeAll(() => {
  afterFile(() => ran.push('first'));
  afterFile(() => Promise.reject(new Error('one that fails')));
  afterFile(() => ran.push('last'));
});

test('what is to run after the file runs in reverse, once, and a failure stops nothing but is reported', async () => {
  await expect(cleanUp()).rejects.toThrow('one that fails');
  expect(ran).toEqual(['last', 'first']);
  await cleanUp();
  expect(ran).toHaveLength(2);
});
