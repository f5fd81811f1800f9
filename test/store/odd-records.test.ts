import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { createTestStore } from '../support/database.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { KEEPING, PLAIN, feed, readPass, readRow, rejected, type Sent } from './support.ts';

const ABSENCES = '/hris/absences';
/** A number that JSON allows but Postgres cannot hold. */
const UNSTORABLE = '{"id":"bad","x":1e999999}';

const store = await createTestStore();
let integration: string;

beforeEach(() => {
  integration = uniqueIntegrationId();
});

const full = (pages: Sent[][], options = PLAIN) =>
  readPass(store, integration, ABSENCES, 'full', pages, options);
const delta = (pages: Sent[][], options = PLAIN) =>
  readPass(store, integration, ABSENCES, 'delta', pages, options);
const row = (id: string) => readRow(store, integration, 'hris_absences', id);

describe('a page with a bad record is stored (I13)', () => {
  test('a record that Postgres cannot hold is found by halving and rejected; the other 40 are stored', async () => {
    const good = Array.from({ length: 40 }, (_, index) => ({ id: `g${index}` }));
    const pass = await full([[...good.slice(0, 17), UNSTORABLE, ...good.slice(17)]]);
    expect(pass).toMatchObject({ state: 'completed', records: 41, created: 40, rejected: 1 });
    expect(await rejected(store, integration)).toEqual([
      {
        id: 'bad',
        reason: 'unstorable',
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
        body: null,
        times: 1,
      },
    ]);
    expect((await feed(store, integration)).length).toBe(40);
  });

  test('several bad records on one page, also at its ends', async () => {
    const pass = await full([[UNSTORABLE, { id: 'a' }, { id: 'b' }, '{"id":"worse","x":[-1e999999]}']]);
    expect(pass).toMatchObject({ created: 2, rejected: 2 });
  });

  test('the watermark and the cursor of the pass move on', async () => {
    const pass = await full([[UNSTORABLE], [{ id: 'a' }], ['7', '{"no":"id"}']]);
    expect(pass).toMatchObject({ state: 'completed', pages: 3, rejected: 3, moves_watermark: true });
    expect(await delta([[]])).toMatchObject({ kind: 'delta' });
  });

  test('NUL, half surrogates, odd keys, duplicate keys and __proto__ are stored', async () => {
    await full([
      [
        '{"id":"nul","k\\u0000":"x\\u0000","employee_note":"\\ud800"}',
        '{"id":"escaped","employee_note":"\\\\u0000"}',
        '{"id":"twice","unit":"DAYS","unit":"HOURS"}',
        '{"id":"proto","__proto__":{"a":1},"":"empty key"}',
        '{"id":42}',
      ],
    ]);
    expect((await row('nul'))?.raw).toEqual({ id: 'nul', 'k\uFFFD': 'x\uFFFD', employee_note: '\uFFFD' });
    expect((await row('escaped'))?.['employee_note']).toBe(String.raw`\u0000`);
    expect((await row('twice'))?.['unit']).toBe('HOURS');
    expect((await row('proto'))?.raw_text).toContain('"__proto__": {"a": 1}');
    expect((await row('42'))?.raw).toEqual({ id: 42 });
  });

  test('values of another type than documented stay in raw, and their columns stay null', async () => {
    await full([
      [
        {
          id: 'a',
          amount: 'many',
          start_half_day: 'yes',
          changed_at: 'yesterday',
          unit: { of: 'measure' },
          type: null,
          status: 'SOMETHING_NEW',
        },
        { id: 'b', changed_at: '2026-01-01T00:00:00+99:00', remote_deleted_at: '2026-02-30' },
      ],
    ]);
    expect(await row('a')).toMatchObject({
      amount: null,
      start_half_day: null,
      changed_at: null,
      unit: '{"of": "measure"}',
      type: null,
      status: 'SOMETHING_NEW',
      raw: { amount: 'many', start_half_day: 'yes', changed_at: 'yesterday' },
    });
    expect(await row('b')).toMatchObject({ changed_at: null, remote_deleted_at: null, deleted_at: null });
    expect(await rejected(store, integration)).toEqual([]);
  });

  test('of two records with the same id on a page, the last one counts, with one change in the feed', async () => {
    const pass = await full([[{ id: 'a', unit: 'DAYS' }, { id: 'b' }, { id: 'a', unit: 'HOURS' }]]);
    expect(pass).toMatchObject({ records: 3, created: 2 });
    expect(await row('a')).toMatchObject({ unit: 'HOURS' });
    expect(await feed(store, integration)).toEqual(['created a', 'created b']);
  });

  test('an emptied tombstone that Postgres cannot hold deletes its row, or is rejected if there is none', async () => {
    const tombstone = (id: string) =>
      `{"id":"${id}","remote_id":1e200000,"changed_at":"2026-03-01T10:00:00Z","remote_deleted_at":"2026-03-01T10:00:00Z"}`;
    await full([[{ id: 'known', unit: 'DAYS' }]]);
    const pass = await delta([[{ id: 'a' }, tombstone('known'), tombstone('unknown')]]);
    expect(pass).toMatchObject({ state: 'completed', created: 1, deleted: 1, rejected: 1 });
    expect(await row('known')).toMatchObject({ unit: 'DAYS', deleted_at: new Date('2026-03-01T10:00:00Z') });
    expect(await rejected(store, integration)).toMatchObject([{ id: 'unknown', reason: 'unstorable' }]);
  });

  test('a record that is nested too deep does not cost the others on its page any digit', async () => {
    const deep = `{"id":"deep","x":${'['.repeat(20_000)}1${']'.repeat(20_000)}}`;
    const others = ['{"id":"a","amount":1234567890.12345678901234567890}', '{"id":12345678901234567890}'];
    const pass = await full([[others[0]!, deep, others[1]!]]);
    expect(pass).toMatchObject({ state: 'completed', created: 2, rejected: 1 });
    expect((await row('a'))?.raw_text).toBe('{"id": "a", "amount": 1234567890.12345678901234567890}');
    expect(await row('12345678901234567890')).toBeDefined();
    expect(await rejected(store, integration)).toMatchObject([{ reason: 'too_deep' }]);
  });

  test('numeric ids that are the same in two spellings', async () => {
    const pass = await full([['{"id":1e5}', '{"id":100000}', '{"id":-0}', '{"id":0}', '{"id":1.0}']]);
    expect(pass).toMatchObject({ state: 'completed', created: 2, rejected: 3 });
    expect(await feed(store, integration)).toEqual(['created 100000', 'created 0']);
  });

  test('a page without records but with a next page', async () => {
    expect(await full([[], [], [{ id: 'a' }]])).toMatchObject({ state: 'completed', pages: 3, created: 1 });
  });
});

describe('the life of a rejected record', () => {
  test('its body is stored only with KEEP_REJECTED_BODIES; the hash is of the text', async () => {
    await full([['{"salary":1}']]);
    const hash = createHash('sha256').update('{"salary":1}').digest('hex');
    expect(await rejected(store, integration)).toEqual([
      { id: null, reason: 'no_id', hash, body: null, times: 1 },
    ]);
    await full([['{"salary":1}', '{"id":null,"t":"\\u0000"}']], KEEPING);
    const bodies = (await rejected(store, integration)).map((one) => one.body);
    expect(new Set(bodies)).toEqual(new Set(['{"id":null,"t":"\uFFFD"}', '{"salary":1}']));
  });

  test('it is counted when it is seen again, and a later good version clears it', async () => {
    await full([[UNSTORABLE]]);
    await delta([[UNSTORABLE]]);
    expect(await rejected(store, integration)).toMatchObject([{ id: 'bad', times: 2 }]);
    await delta([[{ id: 'bad', unit: 'DAYS' }]]);
    expect(await rejected(store, integration)).toEqual([]);
    expect(await row('bad')).toMatchObject({ unit: 'DAYS' });
  });

  test('one without an id is cleared only by a later full listing without it', async () => {
    await full([['{"no":"id"}', { id: 'a' }]]);
    await delta([[{ id: 'a', unit: 'DAYS' }]]);
    expect(await rejected(store, integration)).toHaveLength(1);
    await full([['{"no":"id"}']]);
    expect(await rejected(store, integration)).toMatchObject([{ times: 2 }]);
    await full([[{ id: 'a' }]]);
    expect(await rejected(store, integration)).toEqual([]);
  });
});
