import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Coalescer, CoalescerTimeout } from '../../src/http/webhooks/coalescer.ts';
import type { Notice } from '../../src/http/webhooks/gathered.ts';
import { controlledSend, notice, settled, turn } from './controlled-send.ts';

describe('sharing', () => {
  test('what arrives in one turn is one send with all models, and waits for its answer', async () => {
    const { send, sent, started } = controlledSend();
    const folded: number[] = [];
    const coalescer = new Coalescer({ send, onSend: (deliveries) => folded.push(deliveries) });
    const answers = [
      coalescer.add({ ...notice('a', 'x'), tool: 'personio' }),
      coalescer.add({ ...notice('a', 'y', 'x'), category: 'HRIS' }),
      coalescer.add(notice('a')),
    ];
    let answered = 0;
    for (const answer of answers) void answer.then(() => (answered += 1));

    const first = await started(1);
    expect(first.notice).toEqual({
      integrationId: 'a',
      models: ['x', 'y'],
      tool: 'personio',
      category: 'HRIS',
    });
    await turn();
    expect(answered).toBe(0);
    first.finish();
    await Promise.all(answers);
    expect(sent).toHaveLength(1);
    expect(folded).toEqual([3]);
  });

  test('a lone delivery is sent at once; later ones within the window share the next send', async () => {
    const { send, sent, started } = controlledSend();
    const coalescer = new Coalescer({ send, windowMs: 40 });
    const lone = coalescer.add(notice('a', 'x'));
    await turn();
    expect(sent).toHaveLength(1);
    // Taken before the window begins, so a busy machine can only make the measured time longer.
    const before = performance.now();
    sent[0]!.finish();
    await lone;
    const later = [coalescer.add(notice('a', 'y'))];
    for (let turns = 0; turns < 10; turns += 1) await turn();
    later.push(coalescer.add(notice('a', 'z')));
    const second = await started(2);
    // Timers may fire a fraction of a millisecond early by this clock.
    expect(performance.now() - before).toBeGreaterThan(38);
    expect(second.notice.models).toEqual(['y', 'z']);
    second.finish();
    await Promise.all(later);
  });

  test('integrations share no send and do not wait for each other', async () => {
    const { send, started } = controlledSend();
    const coalescer = new Coalescer({ send, windowMs: 0 });
    const a = coalescer.add(notice('a', 'x'));
    const b = coalescer.add(notice('b', 'x'));
    const second = await started(2);
    expect(second.notice.integrationId).toBe('b');
    second.finish();
    await b;
    (await started(1)).finish();
    await a;
  });

  test('deliveries during a send share the next one', async () => {
    const { send, sent, started } = controlledSend();
    const coalescer = new Coalescer({ send, windowMs: 0 });
    const first = coalescer.add(notice('a', 'x'));
    await started(1);
    const later = [coalescer.add(notice('a', 'x')), coalescer.add(notice('a', 'y'))];
    await turn();
    await turn();
    expect(sent).toHaveLength(1);
    sent[0]!.finish();
    await first;
    const second = await started(2);
    expect(second.notice.models).toEqual(['x', 'y']);
    second.finish();
    await Promise.all(later);
  });

  test('different events are all sent, equal ones once', async () => {
    const { send, sent, started } = controlledSend();
    const coalescer = new Coalescer({ send, windowMs: 0 });
    const answers = [
      coalescer.add({ ...notice('a'), change: { event: 'created' } }),
      coalescer.add(notice('a', 'x')),
      coalescer.add({ ...notice('a'), change: { event: 'state-changed' } }),
      coalescer.add({ ...notice('a'), change: { event: 'created' } }),
    ];
    (await started(1)).finish();
    (await started(2)).finish();
    await Promise.all(answers);
    expect(sent.map((each) => each.notice)).toEqual([
      { integrationId: 'a', models: ['x'], change: { event: 'created' } },
      { integrationId: 'a', models: [], change: { event: 'state-changed' } },
    ]);
  });

  test('at most the allowed number of sends run at once; the others start when one ends', async () => {
    const { send, sent, started } = controlledSend();
    const coalescer = new Coalescer({ send, windowMs: 0, maxConcurrent: 2 });
    const answers = ['a', 'b', 'c', 'd'].map((id) => coalescer.add(notice(id, 'x')));
    await started(2);
    await turn();
    expect(sent).toHaveLength(2);
    // While c waits for its turn, more deliveries can join it.
    answers.push(coalescer.add(notice('c', 'y')));
    sent[0]!.finish();
    const third = await started(3);
    expect(third.notice).toEqual(notice('c', 'x', 'y'));
    sent[1]!.finish();
    third.finish();
    (await started(4)).finish();
    await Promise.all(answers);
  });
});

describe('failure', () => {
  test('a failed send rejects all deliveries that wait for it, and no others', async () => {
    const { send, started } = controlledSend();
    const coalescer = new Coalescer({ send, windowMs: 0 });
    const outcomes = [settled(coalescer.add(notice('a', 'x'))), settled(coalescer.add(notice('a', 'y')))];
    const first = await started(1);
    const later = coalescer.add(notice('a', 'z'));
    const error = new Error('no');
    first.fail(error);
    expect(await Promise.all(outcomes)).toEqual([error, error]);
    const second = await started(2);
    expect(second.notice.models).toEqual(['z']);
    second.finish();
    await later;
  });

  test('a send that throws at once counts as failed', async () => {
    const coalescer = new Coalescer({
      windowMs: 0,
      send: () => {
        throw new Error('no');
      },
    });
    await expect(coalescer.add(notice('a', 'x'))).rejects.toThrow('no');
  });

  test('each delivery has its own deadline, although the send continues', async () => {
    const { send, sent, started } = controlledSend();
    const coalescer = new Coalescer({ send, windowMs: 0, deadlineMs: 30 });
    await expect(coalescer.add(notice('a', 'x'))).rejects.toBeInstanceOf(CoalescerTimeout);
    // Nothing gets past a send that hangs, and what was held up until no delivery waited for it is not sent.
    await expect(coalescer.add(notice('a', 'y'))).rejects.toBeInstanceOf(CoalescerTimeout);
    const patient = coalescer.add(notice('a', 'z'), 10_000);
    expect(sent).toHaveLength(1);
    sent[0]!.finish();
    const second = await started(2);
    expect(second.notice.models).toEqual(['z']);
    second.finish();
    await patient;
  });
});

test('the coalescer is idle when all sends have ended, even those that no delivery waits for', async () => {
  const { send, started } = controlledSend();
  const coalescer = new Coalescer({ send, windowMs: 0, deadlineMs: 10 });
  await coalescer.idle();
  await expect(coalescer.add(notice('a', 'x'))).rejects.toBeInstanceOf(CoalescerTimeout);
  let idle = false;
  const becameIdle = coalescer.idle().then(() => (idle = true));
  await turn();
  expect(idle).toBe(false);
  (await started(1)).fail(new Error('no'));
  await becameIdle;
});

interface Step {
  integrationId: string;
  model: string;
  /** Turns of the event loop before this delivery. */
  pause: number;
  /** Turns that the send with the same number takes, and whether it fails. */
  turns: number;
  fails: boolean;
}

test('I6: a resolved delivery is in a send that started after it arrived and ended before it was answered', async () => {
  const step: fc.Arbitrary<Step> = fc.record({
    integrationId: fc.constantFrom('a', 'b', 'c'),
    model: fc.constantFrom('x', 'y', 'z'),
    pause: fc.nat({ max: 3 }),
    turns: fc.nat({ max: 4 }),
    fails: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 30 }),
      fc.constantFrom(0, 1, 2),
      fc.integer({ min: 1, max: 3 }),
      async (steps, windowMs, maxConcurrent) => {
        const { sends, answers, most, mostOfOne } = await play(steps, windowMs, maxConcurrent);
        expect(mostOfOne).toBe(1);
        expect(most).toBeLessThanOrEqual(maxConcurrent);
        expect(sends.length).toBeLessThanOrEqual(steps.length);
        for (const { integrationId, model, addedAt, answeredAt, outcome } of answers) {
          const served = sends.some(
            ({ notice, startedAt, endedAt }) =>
              notice.integrationId === integrationId &&
              notice.models.includes(model) &&
              startedAt > addedAt &&
              endedAt < answeredAt,
          );
          expect(['resolved', new Error('no')]).toContainEqual(outcome);
          expect(served || outcome !== 'resolved').toBe(true);
        }
      },
    ),
    { numRuns: 150 },
  );
});

/** Plays the steps with a logical clock, and returns what was sent and answered when. */
async function play(steps: readonly Step[], windowMs: number, maxConcurrent: number) {
  let clock = 0;
  const sends: { notice: Notice; startedAt: number; endedAt: number }[] = [];
  const inFlight: string[] = [];
  let most = 0;
  let mostOfOne = 0;
  const send = async (notice: Notice) => {
    const { turns, fails } = steps[sends.length % steps.length]!;
    const record = { notice, startedAt: (clock += 1), endedAt: Number.POSITIVE_INFINITY };
    sends.push(record);
    inFlight.push(notice.integrationId);
    most = Math.max(most, inFlight.length);
    mostOfOne = Math.max(mostOfOne, inFlight.filter((id) => id === notice.integrationId).length);
    for (let count = 0; count < turns; count += 1) await turn();
    inFlight.splice(inFlight.indexOf(notice.integrationId), 1);
    if (fails) throw new Error('no');
    record.endedAt = clock += 1;
  };
  const coalescer = new Coalescer({ send, windowMs, maxConcurrent });
  const deliver = async ({ integrationId, model }: Step) => {
    const addedAt = (clock += 1);
    const outcome = await settled(coalescer.add(notice(integrationId, model)));
    return { integrationId, model, addedAt, outcome, answeredAt: (clock += 1) };
  };
  const deliveries: ReturnType<typeof deliver>[] = [];
  for (const step of steps) {
    for (let count = 0; count < step.pause; count += 1) await turn();
    deliveries.push(deliver(step));
  }
  return { answers: await Promise.all(deliveries), sends, most, mostOfOne };
}
