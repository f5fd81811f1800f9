import fc from 'fast-check';
import { expect, test } from 'vitest';
import { carriedBy, changed, chunk, INPUT, passInput, planInput, failuresInput, plan } from './answers.ts';
import { brief, type Command, type ScheduledActivity } from './commands.ts';
import { T0, TestRun, useWorkflows } from './harness.ts';
import { cancel, completed, failed, type Job, signal, update } from './jobs.ts';

useWorkflows();

const MODELS = ['a', 'b', 'c', 'd', 'e', 'f'];
const EVERYTHING = '*';
const path = (model: string) => `/ats/${model}`;

/**
 * What is still owed to the senders of signals. A model is owed from its signal until a plan that was scheduled later has
 * been answered and each of its passes has ended or has been recorded, or until the model itself has been recorded.
 */
class Model {
  readonly unserved = new Set<string>();
  readonly passes = new Set<string>();
  private readonly taken = new Map<number, string[]>();

  signal(models: readonly string[]): void {
    for (const model of models) this.unserved.add(model);
  }

  scheduled(activity: ScheduledActivity): void {
    const serves = this.served(activity);
    if (serves)
      this.taken.set(
        activity.seq,
        serves.filter((model) => this.unserved.delete(model)),
      );
  }

  /** `ok` is false for a failure and for a cancellation: what the call was to serve is owed again. */
  answered(activity: ScheduledActivity, ok: boolean): void {
    const taken = this.taken.get(activity.seq) ?? [];
    this.taken.delete(activity.seq);
    if (!ok) this.signal(taken);
    else if (activity.name === 'planSync') for (const model of taken) this.passes.add(path(model));
    else if (activity.name === 'syncEndpoint') this.passes.delete(passInput(activity).endpoint);
    else if (activity.name === 'recordFailures') {
      for (const failure of failuresInput(activity).failures) this.passes.delete(failure.endpoint);
    }
  }

  /** Models that a call serves; one for everything serves whatever was signalled before it. */
  private served(activity: ScheduledActivity): readonly string[] | undefined {
    if (activity.name === 'planSync') return planInput(activity).models ?? [...this.unserved];
    if (activity.name !== 'recordFailures') return undefined;
    const { unservedModels = [], unservedEverything } = failuresInput(activity);
    return unservedEverything ? [...this.unserved] : unservedModels;
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
  async answer(
    nth: number,
    how: 'done' | 'more' | 'failed',
    signalled: string[],
    historyLong: boolean,
  ): Promise<void> {
    const { run } = this;
    const waiting = [...(run?.activities.values() ?? [])];
    const activity = waiting[nth % Math.max(waiting.length, 1)];
    if (!run || !activity) return;
    this.model.signal(signalled);
    const jobs = signalled.length > 0 ? [changed(...signalled)] : [];
    // recordFailures is retried until it is done, so that one never fails.
    if (how === 'failed' && activity.name !== 'recordFailures') {
      this.model.answered(activity, false);
      jobs.push(failed(activity, 'RequestRejected', 'no'));
    } else {
      const more = how === 'more' && activity.name === 'syncEndpoint';
      if (!more) this.model.answered(activity, true);
      jobs.push(completed(activity, resultFor(activity, how === 'more', run.now)));
    }
    await this.observe(await run.activate(jobs, { historyLong }));
  }

  /** Something that cuts off activities. */
  async cut(job: Job): Promise<void> {
    const { run } = this;
    if (!run) return;
    const before = new Map(run.activities);
    const commands = await run.activate([job]);
    for (const command of commands) {
      const cancelled = command.kind === 'cancelActivity' ? before.get(command.seq) : undefined;
      if (cancelled) this.model.answered(cancelled, false);
    }
    await this.observe(commands);
  }

  private async observe(commands: Command[]): Promise<void> {
    for (const command of commands) if (command.kind === 'activity') this.model.scheduled(command);
    const ended = this.run?.ended;
    if (!ended) return;
    this.run = undefined;
    expectServed(ended, this.model);
    if (ended.kind !== 'continueAsNew') return;
    const next = await TestRun.start('integrationSync', ended.input, { at: this.now });
    this.run = next.run;
    await this.observe(next.commands);
  }
}

/** When a run ends nothing is owed, or it is handed to the next run. */
function expectServed(ended: Command, model: Model): void {
  const unserved = [...model.unserved].sort();
  const passes = [...model.passes].sort();
  if (ended.kind !== 'continueAsNew') {
    expect({ ended: ended.kind, unserved, passes }).toEqual({ ended: ended.kind, unserved: [], passes: [] });
    return;
  }
  // More than is owed may be carried: everything was asked for, or a signal came between.
  const carried = carriedBy(ended);
  const pending = [...(carried.everything ? [EVERYTHING] : []), ...(carried.pending?.models ?? [])];
  expect(pending).toEqual(expect.arrayContaining(unserved));
  const open = carried.open?.passes.map((pass) => pass.endpoint) ?? [];
  expect(open).toEqual(expect.arrayContaining(passes));
}

function resultFor(activity: ScheduledActivity, more: boolean, now: number): unknown {
  if (activity.name === 'syncEndpoint') return chunk({ done: !more });
  // What was recorded may be tried again, so that runs also end and are cancelled while they wait for that.
  if (activity.name === 'recordFailures') {
    return { retryAt: more ? new Date(now + 3_000).toISOString() : null };
  }
  if (activity.name !== 'planSync') return undefined;
  const { models = [EVERYTHING, ...MODELS] } = planInput(activity);
  return plan(models.map(path));
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
      how: fc.constantFrom('done' as const, 'done' as const, 'more' as const, 'failed' as const),
      models,
      historyLong: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('cancel' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('deleted' as const) }) },
);

test(
  '(I6) whatever happens in whatever order, no signalled model is forgotten',
  { timeout: 60_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const session = new Session();
        for (const todo of steps) {
          if (todo.op === 'signal' || todo.op === 'now') await session.signal(todo.models, todo.op);
          else if (todo.op === 'wait') await session.wait(todo.ms);
          else if (todo.op === 'cancel') await session.cut(cancel());
          else if (todo.op === 'deleted')
            await session.cut(signal('integrationChanged', { event: 'deleted' }));
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
  },
);

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
      expect(brief(await run.advanceTo(due)).at(-1)).toMatch(/^planSync/);
    }),
    { numRuns: 100 },
  );
});
