import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  carriedBy,
  changed,
  INPUT,
  type kept,
  more,
  read,
  readFailed,
  readInput,
  started,
  startInput,
  waits,
} from './answers.ts';
import { brief, type Command, type ScheduledActivity } from './commands.ts';
import { T0, TestRun, useWorkflows } from './harness.ts';
import { cancel, completed, failed, type Job, signal, update } from './jobs.ts';

useWorkflows();

const MODELS = ['a', 'b', 'c', 'd', 'e', 'f'];
const EVERYTHING = '*';
const path = (model: string) => `/ats/${model}`;

type Answer = 'done' | 'more' | 'waits' | 'owes' | 'failed' | 'broken';

/**
 * What is still owed to the senders of signals. A model is owed from its signal until a later start is answered, which
 * records it in Postgres, or until it is kept for later. A read that a start leaves is open until it ends or is cut
 * off.
 */
class Model {
  readonly unserved = new Set<string>();
  readonly open = new Set<string>();
  private readonly taken = new Map<number, string[]>();

  signal(models: readonly string[]): void {
    for (const model of models) this.unserved.add(model);
  }

  scheduled(activity: ScheduledActivity): void {
    const serves = this.served(activity);
    if (serves) {
      const taken = serves.filter((model) => this.unserved.delete(model));
      this.taken.set(activity.seq, taken);
    }
  }

  /** `ok` is false for a failure and a cancellation: the requests of the call are owed again. */
  answered(activity: ScheduledActivity, ok: boolean): void {
    const taken = this.taken.get(activity.seq) ?? [];
    this.taken.delete(activity.seq);
    if (!ok) this.signal(taken);
    if (activity.name === 'syncEndpoint') this.open.delete(readInput(activity).endpoint);
  }

  /** Models that a call serves. A call for everything serves all earlier signals. */
  private served(activity: ScheduledActivity): readonly string[] | undefined {
    if (activity.name === 'startSync') return startInput(activity).models ?? [...this.unserved];
    if (activity.name !== 'keepForLater') return undefined;
    const { wanted } = activity.input as ReturnType<typeof kept>;
    return wanted.flatMap(({ models, everything }) => (everything ? [...this.unserved] : models));
  }
}

class Session {
  readonly model = new Model();
  run: TestRun | undefined;
  now = T0;

  async signal(models: string[], how: 'signal' | 'now'): Promise<void> {
    const names = how === 'now' && models.length === 0 ? [EVERYTHING] : models;
    this.model.signal(names);
    const job = how === 'now' ? update('syncNow', { models }) : changed(...models);
    if (this.run) return this.observe(await this.run.activate([job]));
    const { run, commands } = await TestRun.start('integrationSync', INPUT, { jobs: [job], at: this.now });
    this.run = run;
    await this.observe(commands);
  }

  async wait(ms: number): Promise<void> {
    this.now += ms;
    if (this.run) await this.observe(await this.run.advanceTo(this.now));
  }

  /** Answers the nth activity that is under way; `signalled` arrive in the same activation. */
  async answer(nth: number, how: Answer, signalled: string[], historyLong: boolean): Promise<void> {
    const { run } = this;
    const waiting = [...(run?.activities.values() ?? [])];
    const activity = waiting[nth % Math.max(waiting.length, 1)];
    if (!run || !activity) return;
    this.model.signal(signalled);
    const jobs = signalled.length > 0 ? [changed(...signalled)] : [];
    // keepForLater is tried until it succeeds, so it never fails.
    if (how === 'broken' && activity.name !== 'keepForLater') {
      this.model.answered(activity, false);
      jobs.push(failed(activity, 'Internal', 'a bug'));
    } else {
      const goesOn = activity.name === 'syncEndpoint' && (how === 'more' || how === 'waits');
      if (!goesOn) this.model.answered(activity, true);
      const result = resultFor(activity, how);
      if (activity.name === 'startSync') {
        const { passes } = result as ReturnType<typeof started>;
        // While a reported deletion waits for its look-up, nothing begins; the request is owed in Postgres.
        if (!this.#isDoubtful) for (const { endpoint } of passes) this.model.open.add(endpoint);
      }
      jobs.push(completed(activity, result));
    }
    await this.observe(await run.activate(jobs, { historyLong }));
  }

  /** Delivers a job that cuts off activities. Reads that are cut off are owed in Postgres. */
  async cut(job: Job): Promise<void> {
    const { run } = this;
    if (!run) return;
    const before = new Map(run.activities);
    const commands = await run.activate([job]);
    for (const command of commands) {
      const cancelled = command.kind === 'cancelActivity' ? before.get(command.seq) : undefined;
      if (cancelled) this.model.answered(cancelled, false);
    }
    this.model.open.clear();
    this.#isDoubtful = job.signalWorkflow !== undefined && job.signalWorkflow !== null;
    await this.observe(commands);
  }

  private async observe(commands: Command[]): Promise<void> {
    for (const command of commands) {
      if (command.kind === 'activity') this.model.scheduled(command);
      if (command.kind === 'activity' && command.name === 'startSync') {
        this.#isDoubtful &&= startInput(command).deletedAt === undefined;
      }
      // A start that takes too long while the history grows is given up, and its requests are carried.
      const given = command.kind === 'cancelActivity' ? this.#known.get(command.seq) : undefined;
      if (given?.name === 'startSync') this.model.answered(given, false);
    }
    this.#known = new Map(this.run?.activities);
    const ended = this.run?.ended;
    if (!ended) return;
    this.run = undefined;
    expectServed(ended, this.model);
    if (ended.kind !== 'continueAsNew') return;
    const next = await TestRun.start('integrationSync', ended.input, { at: this.now });
    this.run = next.run;
    await this.observe(next.commands);
  }

  #known = new Map<number, ScheduledActivity>();
  #isDoubtful = false;
}

/** When a run ends, nothing is owed, or the next run takes over. */
function expectServed(ended: Command, model: Model): void {
  const unserved = [...model.unserved].sort();
  const open = [...model.open].sort();
  if (ended.kind !== 'continueAsNew') {
    expect({ ended: ended.kind, unserved, open }).toEqual({ ended: ended.kind, unserved: [], open: [] });
    return;
  }
  // A run may carry more than is owed: everything was asked for, or a signal came in between.
  const { wanted, reading } = carriedBy(ended);
  const carried = [...(wanted?.everything ? [EVERYTHING, ...MODELS] : []), ...(wanted?.models ?? [])];
  expect(carried).toEqual(expect.arrayContaining(unserved));
  expect(reading.map(({ endpoint }) => endpoint)).toEqual(expect.arrayContaining(open));
}

function resultFor(activity: ScheduledActivity, how: Answer): unknown {
  if (activity.name === 'syncEndpoint') {
    if (how === 'more') return more();
    if (how === 'waits') return waits(3_000);
    if (how === 'failed') return readFailed({ retryInMs: 3_000 });
    return read({ owes: how === 'owes' });
  }
  if (activity.name !== 'startSync') return undefined;
  const { models = [EVERYTHING, ...MODELS], busy = [] } = startInput(activity);
  const keys = new Set(busy);
  const isBusy = (model: string) => keys.has(`delta ${path(model)}`);
  return started(models.filter((model) => !isBusy(model)).map(path), {
    left: models.filter(isBusy).map((model) => `delta ${path(model)}`),
    owes: how === 'owes',
    retryInMs: how === 'failed' ? 3_000 : null,
    unanswered: how === 'waits',
  });
}

const models = fc.subarray(MODELS);
const named = fc.subarray(MODELS, { minLength: 1 });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ op: fc.constant('signal' as const), models: named }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('now' as const), models }) },
  {
    weight: 3,
    arbitrary: fc.record({ op: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 8_000 }) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constant('answer' as const),
      nth: fc.nat(5),
      how: fc.constantFrom<Answer[]>('done', 'done', 'more', 'waits', 'owes', 'failed', 'broken'),
      models,
      historyLong: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('cancel' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('deleted' as const) }) },
);

test('(I6) no signalled model is forgotten, for any order of events', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const session = new Session();
      for (const todo of steps) {
        if (todo.op === 'signal' || todo.op === 'now') await session.signal(todo.models, todo.op);
        else if (todo.op === 'wait') await session.wait(todo.ms);
        else if (todo.op === 'cancel') await session.cut(cancel());
        else if (todo.op === 'deleted') await session.cut(signal('integrationChanged', { event: 'deleted' }));
        else await session.answer(todo.nth, todo.how, todo.models, todo.historyLong);
      }
      for (let left = 500; session.run && left > 0; left -= 1) {
        await session.wait(60_000);
        await session.answer(0, 'done', [], false);
      }
      expect(session.run).toBeUndefined();
    }),
    { numRuns: 300 },
  );
});

test('(I5) a sync starts exactly when the stream pauses or the maximum wait is over', async () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 5_200 }), { minLength: 1, maxLength: 50 });
  await fc.assert(
    fc.asyncProperty(gaps, async (waits) => {
      const { run } = await TestRun.start('integrationSync', INPUT, { jobs: [changed('a')] });
      let [at, last] = [T0, T0];
      for (const gap of waits) {
        at += gap;
        const due = Math.min(last + 5_000, T0 + 60_000);
        const began = (await run.advanceTo(at)).find((command) => command.kind === 'activity');
        expect(began !== undefined).toBe(due <= at);
        if (began) return;
        await run.activate([changed('b')]);
        last = at;
      }
      const due = Math.min(last + 5_000, T0 + 60_000);
      expect(brief(await run.advanceTo(due - 1)).filter((command) => !command.startsWith('timer'))).toEqual(
        [],
      );
      expect(brief(await run.advanceTo(due)).at(-1)).toMatch(/^startSync/);
    }),
    { numRuns: 100 },
  );
});
