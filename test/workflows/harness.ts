import {
  defaultPayloadConverter,
  SearchAttributeType,
  TypedSearchAttributes,
  type Payload,
  type SearchAttributePair,
} from '@temporalio/common';
import { encodeUnifiedSearchAttributes } from '@temporalio/common/lib/converter/payload-search-attributes.js';
import { msToTs } from '@temporalio/common/lib/time.js';
import { coresdk } from '@temporalio/proto';
import { parseWorkflowCode } from '@temporalio/worker/lib/worker.js';
import type { Workflow } from '@temporalio/worker/lib/workflow/interface.js';
import { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';
import type { WorkflowInfo } from '@temporalio/workflow';
import packageJson from '@temporalio/worker/package.json' with { type: 'json' };
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { workflowBundle } from '../../src/worker/bundle.ts';
import { installRuntime } from '../../src/worker/runtime.ts';
import { brief, type Command, readCommand, type ScheduledActivity } from './commands.ts';
import { cancelledActivity, type Job, payloads } from './jobs.ts';

/**
 * Runs workflow code without a server: a test passes activations like the server, and reads the returned commands. The
 * test sets the time as a number, so edges are exact to the millisecond.
 *
 * Only this file uses the SDK's internals, so it names the version that it was written for.
 */
const WRITTEN_FOR = /^1\.24\./;
if (!WRITTEN_FOR.test(packageJson.version)) {
  throw new Error(
    `@temporalio/worker is ${packageJson.version}; check the internals that test/workflows/harness.ts uses, then change WRITTEN_FOR.`,
  );
}

/** How long one activation may keep the thread, against endless loops. A busy machine sometimes stalls for a second. */
const TASK_MS = 30_000;

export const T0 = Date.parse('2026-11-23T00:00:00Z');

let creator: ReusableVMWorkflowCreator;
const open: Workflow[] = [];
let runs = 0;

/** Call once in a test file: uses the bundle that workers of this process use. */
export function useWorkflows(): void {
  beforeAll(async () => {
    installRuntime(pino({ level: 'silent' }));
    const bundle = await workflowBundle(undefined);
    if (!('code' in bundle)) throw new Error('Remove workflow-bundle.js: tests use the sources.');
    const activities = ['startSync', 'lookUpIntegration', 'syncEndpoint', 'keepForLater', 'eraseIntegration'];
    creator = await ReusableVMWorkflowCreator.create(
      parseWorkflowCode(bundle.code),
      TASK_MS,
      new Set(activities),
    );
  });
  afterEach(async () => {
    for (const workflow of open.splice(0)) await workflow.dispose();
  });
  afterAll(() => creator.destroy());
}

export interface StartOptions {
  /** Jobs of the first activation: signalWithStart delivers the signal with the start. */
  jobs?: Job[];
  at?: number;
  labels?: SearchAttributePair[];
  /** `sync/demo:1` by default. */
  workflowId?: string;
}

/** The labels that our own starters give; without them a run labels itself. */
const LABELS: SearchAttributePair[] = [
  { key: { name: 'KomboIntegrationId', type: SearchAttributeType.KEYWORD }, value: 'demo:1' },
  { key: { name: 'KomboTool', type: SearchAttributeType.KEYWORD }, value: 'demo' },
  { key: { name: 'KomboCategory', type: SearchAttributeType.KEYWORD }, value: 'ATS' },
  { key: { name: 'KomboTrigger', type: SearchAttributeType.KEYWORD }, value: 'webhook' },
  { key: { name: 'KomboModels', type: SearchAttributeType.KEYWORD_LIST }, value: ['ats_jobs'] },
];

/** One run of a workflow. */
export class TestRun {
  readonly runId: string;
  /** Milliseconds since the epoch, as the workflow sees it. */
  now: number;
  readonly timers = new Map<number, number>();
  readonly activities = new Map<number, ScheduledActivity>();
  /** The command that ended the run. */
  ended: Command | undefined;
  private readonly workflow: Workflow;
  private historyLength = 3;

  private constructor(workflow: Workflow, runId: string, now: number) {
    this.workflow = workflow;
    this.runId = runId;
    this.now = now;
  }

  static async start(
    workflowType: string,
    input: unknown,
    options: StartOptions = {},
  ): Promise<{ run: TestRun; commands: Command[] }> {
    const runId = `run-${++runs}`;
    const now = options.at ?? T0;
    const info = {
      workflowType,
      workflowId: options.workflowId ?? 'sync/demo:1',
      runId,
      firstExecutionRunId: runId,
      originalExecutionRunId: runId,
      namespace: 'default',
      taskQueue: 'test',
      attempt: 1,
      taskTimeoutMs: 10_000,
      searchAttributes: {},
      typedSearchAttributes: new TypedSearchAttributes(),
      historyLength: 3,
      historySize: 300,
      continueAsNewSuggested: false,
      targetWorkerDeploymentVersionChanged: false,
      startTime: new Date(now),
      runStartTime: new Date(now),
      unsafe: { isReplaying: false, isReplayingHistoryEvents: false, now: Date.now, random: {} },
    } as unknown as WorkflowInfo;
    const workflow = await creator.createWorkflow({
      info,
      randomnessSeed: [1, 2, 3, 4, 5, 6, 7, 8],
      now,
      showStackTraceSources: false,
    });
    open.push(workflow);
    const run = new TestRun(workflow, runId, now);
    const initializeWorkflow = {
      workflowId: info.workflowId,
      workflowType,
      arguments: payloads(input),
      searchAttributes: { indexedFields: encodeUnifiedSearchAttributes(undefined, options.labels ?? LABELS) },
    };
    const commands = await run.activate([{ initializeWorkflow }, ...(options.jobs ?? [])]);
    return { run, commands };
  }

  /** Delivers jobs in one activation, at the present time, and returns what the workflow asks for. */
  async activate(jobs: Job[], options: { historyLong?: boolean } = {}): Promise<Command[]> {
    const activation = coresdk.workflow_activation.WorkflowActivation.fromObject({
      runId: this.runId,
      timestamp: msToTs(this.now),
      historyLength: (this.historyLength += 3),
      jobs,
      continueAsNewSuggested: options.historyLong ?? false,
      availableInternalFlags: [1, 2, 3, 4, 5, 6],
    });
    for (const { resolveActivity, fireTimer } of jobs) {
      if (resolveActivity) this.activities.delete(resolveActivity.seq!);
      if (fireTimer) this.timers.delete(fireTimer.seq!);
    }
    const completion = await this.workflow.activate(activation);
    if (!completion.successful) throw new Error(`Workflow task failed: ${JSON.stringify(completion.failed)}`);
    const commands = (completion.successful.commands ?? []).map(readCommand);
    for (const command of commands) this.note(command);
    // The server's part of a cancelled activity: with TRY_CANCEL, the workflow learns it at once.
    const cancelled = commands.filter((command) => command.kind === 'cancelActivity');
    if (cancelled.length === 0) return commands;
    return [
      ...commands,
      ...(await this.activate(
        cancelled.map(({ seq }) => cancelledActivity(seq)),
        options,
      )),
    ];
  }

  /** Moves the clock and fires the timers that run out meanwhile, each at its own moment. */
  async advanceTo(at: number, options: { historyLong?: boolean } = {}): Promise<Command[]> {
    const commands: Command[] = [];
    for (;;) {
      const [next] = [...this.timers].sort((a, b) => a[1] - b[1]);
      if (!next || next[1] > at) break;
      this.now = Math.max(this.now, next[1]);
      commands.push(...(await this.activate([{ fireTimer: { seq: next[0] } }], options)));
    }
    this.now = Math.max(this.now, at);
    return commands;
  }

  /** Answers a query. */
  async query<T>(name: string): Promise<T> {
    const queryWorkflow = { queryId: 'q', queryType: name, arguments: [] };
    const activation = coresdk.workflow_activation.WorkflowActivation.fromObject({
      runId: this.runId,
      jobs: [{ queryWorkflow }],
    });
    const completion = await this.workflow.activate(activation);
    const payload = completion.successful?.commands?.[0]?.respondToQuery?.succeeded?.response;
    return defaultPayloadConverter.fromPayload<T>(payload as Payload);
  }

  /** The activity of that name that has been waiting longest. */
  pending(name: string, endpoint?: string): ScheduledActivity {
    const found = [...this.activities.values()].find(
      (activity) =>
        activity.name === name &&
        (endpoint === undefined || (activity.input as { endpoint?: string }).endpoint === endpoint),
    );
    if (!found) {
      throw new Error(
        `No ${name} ${endpoint ?? ''} is pending, only: ${brief([...this.activities.values()]).join(', ')}`,
      );
    }
    return found;
  }

  private note(command: Command): void {
    switch (command.kind) {
      case 'activity':
        this.activities.set(command.seq, command);
        break;
      case 'timer':
        this.timers.set(command.seq, this.now + command.ms);
        break;
      case 'cancelTimer':
        this.timers.delete(command.seq);
        break;
      case 'complete':
      case 'fail':
      case 'cancelled':
      case 'continueAsNew':
        this.ended = command;
        break;
      case 'cancelActivity':
      case 'labels':
      case 'patched':
      case 'update':
    }
  }
}
