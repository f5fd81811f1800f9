import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { commitPage } from '../../src/store/commit-page.ts';
import { createClockedStore, type ClockedStore } from '../support/clocked-store.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { PLAIN, at, makePage, open, readWatermark } from './support.ts';

const TAGS = '/ats/tags';
let store: ClockedStore;
let integration: string;

beforeAll(async () => {
  store = await createClockedStore();
  return () => store.close();
});
beforeEach(async () => {
  integration = uniqueIntegrationId();
  await store.setClock(at('11:00:00'));
});

/** A failover to a server whose clock is an hour behind. */
const jumpBack = () => store.setClock(at('10:00:00'));

describe('our clock jumps back while a pass runs (I8)', () => {
  test('the watermark is not after the moment at which Kombo was asked, by its own clock', async () => {
    // Ours runs an hour ahead when the pass begins, and is right when the answer comes.
    const pass = await open(store, integration, TAGS, 'full');
    await jumpBack();
    await commitPage(store, pass, makePage(TAGS, [], { komboAskedAt: at('10:00:00') }), PLAIN);
    expect(await readWatermark(store, integration, TAGS)).toEqual(at('10:00:00'));
  });

  test('a stale header moves it back by a day at most', async () => {
    const pass = await open(store, integration, TAGS, 'full');
    const komboAskedAt = new Date('2020-01-01T00:00:00Z');
    await commitPage(store, pass, makePage(TAGS, [], { komboAskedAt }), PLAIN);
    expect(await readWatermark(store, integration, TAGS)).toEqual(new Date('2026-02-28T11:00:00Z'));
  });
});
