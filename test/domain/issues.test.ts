import { describe, expect, test } from 'vitest';
import { newerIssue, readIssue, type Issue } from '../../src/domain/issues.ts';

const NOW = new Date('2026-09-24T12:00:00.000Z');
const at = (hour: number) => `2026-09-24T0${hour}:00:00.000Z`;
const issue = (began: number, ended?: number): Issue => ({
  id: 'i',
  integrationId: null,
  type: 't',
  title: 'T',
  message: '',
  firstObservedAt: at(began),
  resolvedAt: ended === undefined ? null : at(ended),
});

describe('the newer of two versions of an issue', () => {
  test.each([
    ['the resolved one', issue(1), issue(1, 2)],
    ['the one resolved later', issue(1, 2), issue(1, 3)],
    ['the later episode, even if the first is resolved', issue(1, 5), issue(2)],
  ])('is %s, in any order and however often they come', (_name, older, newer) => {
    for (const order of [
      [older, newer],
      [newer, older],
      [older, newer, older, newer, older],
    ]) {
      expect(order.reduce<Issue | undefined>((known, one) => newerIssue(known, one), undefined)).toEqual(
        newer,
      );
    }
  });
});

test('a time far in the future does not hide later episodes', () => {
  const read = readIssue({ id: 'i', firstObservedAt: '9999-01-01T00:00:00Z' }, NOW);
  expect(read?.firstObservedAt).toBe('2026-09-25T12:00:00.000Z');
});

test('texts are bounded, and a message keeps its lines', () => {
  const read = readIssue({ id: 'i', title: 'a\n\u0007b', message: 'x\n'.repeat(9_000) }, NOW);
  expect(read?.title).toBe('a b');
  expect(read?.message).toHaveLength(2_000);
  expect(read?.message.slice(0, 4)).toBe('x\nx\n');
});

test.each([undefined, null, 7, {}, { id: '' }, { id: 'a b' }])('%j is not an issue', (value) => {
  expect(readIssue(value, NOW)).toBeUndefined();
});
