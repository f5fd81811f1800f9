import { describe, expect, test } from 'vitest';
import { getEndpoint } from '../../src/domain/catalogue/index.ts';
import { decide, type EndpointHistory } from '../../src/domain/decide.ts';
import { hasten } from '../../src/domain/hasten.ts';
import {
  AROUND,
  ASK,
  CATCH_UP,
  failing,
  HIDDEN,
  hours,
  NAMED,
  READ,
  refused,
  seconds,
  TIMER,
} from './decisions.ts';

/** The reads that are tried before their pauses end, for a request about an endpoint with these debts. */
function hastened(debts: EndpointHistory['debts'], ask: object, path = '/lms/courses') {
  const history = { ...READ, debts };
  const asked = { ...ASK, ...ask };
  return hasten(history, asked, decide(getEndpoint(path), history, asked, AROUND), AROUND);
}

const early = { triedAt: seconds(-20) };
const SOON = seconds(40);

describe('(I27) a webhook that comes too early for another try of a failing read', () => {
  test('makes it tried after RETRY_INTERVAL, even if its pause is longer', () => {
    expect(hastened({ delta: failing(early) }, NAMED)).toEqual([{ kind: 'delta', at: SOON }]);
    expect(hastened({ full: failing(early) }, HIDDEN)).toEqual([{ kind: 'full', at: SOON }]);
    expect(hastened({ delta: failing({ ...early, givenUp: true }) }, NAMED)).toEqual([
      { kind: 'delta', at: SOON },
    ]);
  });

  test('makes a read tried again that the tool did not offer, of each kind', () => {
    expect(hastened({ delta: refused(early) }, NAMED)).toEqual([{ kind: 'delta', at: SOON }]);
    expect(hastened({ full: refused(early) }, NAMED)).toEqual([{ kind: 'full', at: SOON }]);
  });

  test('changes nothing if the pause ends before', () => {
    expect(hastened({ delta: { ...failing(early), dueAt: seconds(5) } }, NAMED)).toEqual([]);
  });

  test('sets a timer for it if it was given up, even if its pause ends before', () => {
    const givenUp = { ...failing({ ...early, givenUp: true }), dueAt: seconds(5) };
    expect(hastened({ delta: givenUp }, NAMED)).toEqual([{ kind: 'delta', at: SOON }]);
  });

  test('changes nothing if it is tried at once', () => {
    expect(hastened({ delta: failing({ triedAt: hours(-1) }) }, NAMED)).toEqual([]);
    expect(hastened({ delta: refused({ triedAt: hours(-1) }) }, NAMED)).toEqual([]);
  });

  test('changes nothing for other reads of the endpoint, or if it names another endpoint', () => {
    expect(hastened({ full: failing(early) }, NAMED)).toEqual([]);
    expect(hastened({ delta: failing(early), full: refused(early) }, {})).toEqual([]);
  });
});

test.each([TIMER, CATCH_UP])('a timer and a catch-up bring no news', (ask) => {
  expect(hastened({ delta: failing(early) }, ask)).toEqual([]);
  expect(hastened({ delta: refused(early) }, ask)).toEqual([]);
});
