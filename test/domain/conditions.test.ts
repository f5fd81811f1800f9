import { describe, expect, test } from 'vitest';
import { CONDITION_KINDS, newsOf, type Condition, type Told } from '../../src/domain/conditions.ts';
import { notificationOf } from '../../src/domain/notification.ts';

const now = new Date('2026-11-26T12:00:00Z');
const CALM_MS = 120_000;
const options = { kinds: CONDITION_KINDS, now, calmMs: CALM_MS };
const ago = (ms: number) => new Date(now.getTime() - ms);

const one = (key: string, changes: Partial<Condition> = {}): Condition => ({
  kind: 'needs_you',
  key,
  integrationId: key,
  code: 'AccessDenied',
  since: ago(60_000),
  ...changes,
});
const told = (key: string, goneAt: Date | null = null): Told => ({ ...one(key), goneAt });

describe('what is news', () => {
  test('(I35) a condition is told once while it lasts', () => {
    const open = [one('a:1')];
    expect(newsOf([], open, options).began).toEqual(open);
    expect(newsOf([told('a:1')], open, options)).toEqual({ began: [], recovered: [], gone: [], back: [] });
  });

  test('(I35) its end is told when it has been away for long enough, and not before', () => {
    expect(newsOf([told('a:1')], [], options)).toMatchObject({ recovered: [], gone: [{ key: 'a:1' }] });
    expect(newsOf([told('a:1', ago(CALM_MS - 1))], [], options)).toMatchObject({ recovered: [], gone: [] });
    expect(newsOf([told('a:1', ago(CALM_MS))], [], options).recovered).toMatchObject([{ key: 'a:1' }]);
  });

  test('(I35) one that comes and goes is told neither time', () => {
    const news = newsOf([told('a:1', ago(CALM_MS * 2))], [one('a:1')], options);
    expect(news).toMatchObject({ began: [], recovered: [], gone: [], back: [{ key: 'a:1' }] });
  });

  test('nothing is said of what was not looked at', () => {
    const stale = one('a:1', { kind: 'stale' });
    const kinds = CONDITION_KINDS.filter((kind) => kind !== 'stale');
    expect(newsOf([{ ...stale, goneAt: null }], [], { ...options, kinds }).gone).toEqual([]);
    expect(newsOf([], [stale], { ...options, kinds }).began).toEqual([]);
  });

  test('conditions of two kinds about one integration are two', () => {
    expect(newsOf([told('a:1')], [one('a:1'), one('a:1', { kind: 'parked' })], options).began).toMatchObject([
      { kind: 'parked' },
    ]);
  });
});

describe('a notification', () => {
  test('(I36) counts all, and names the twenty that have lasted longest', () => {
    const began = Array.from({ length: 5_000 }, (_, index) =>
      one(`a:${index}`, { since: ago(index * 1_000) }),
    );
    const { data } = notificationOf({ now, open: 5_000, began, recovered: [] });
    expect(data.began).toMatchObject({ count: 5_000, by_kind: { needs_you: 5_000 } });
    expect(data.began.items).toHaveLength(20);
    expect(data.began.items[0]?.integration_id).toBe('a:4999');
    expect(data.text.split('\n')).toHaveLength(22);
    expect(data.text).toContain('… and 4980 more');
  });

  test('says what recovered, and leads to the pages if it knows where they are', () => {
    const publicUrl = 'https://example.com/kombo';
    const recovered = [one('a:1/?', { code: null })];
    const { data } = notificationOf({ now, open: 0, began: [], recovered, publicUrl });
    expect(data.text).toBe(
      `kombo-sync: 1 recovered, 0 open\n✓ a:1/? has no reads that need you, since ${ago(60_000).toISOString()} https://example.com/kombo/integrations/a%3A1%2F%3F`,
    );
  });

  test('names a consumer, which belongs to no integration', () => {
    const behind = one('search-index', { kind: 'consumer_behind', integrationId: null, code: 'not_running' });
    const { data } = notificationOf({ now, open: 1, began: [behind], recovered: [behind] });
    expect(data.began.items[0]).toMatchObject({ consumer: 'search-index', integration_id: null });
    expect(data.text.split('\n').slice(1)).toEqual([
      expect.stringMatching(/^! Consumer search-index is behind \(not_running\), since /) as string,
      expect.stringMatching(/^✓ Consumer search-index has caught up \(not_running\), since /) as string,
    ]);
  });
});
