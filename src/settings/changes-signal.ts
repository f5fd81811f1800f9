import { z } from 'zod';
import type { SettingIssue } from '../config-error.ts';
import { oneOf, parsed } from '../config-values.ts';
import { SIGNAL_SCOPES, type SignalledWorkflow } from '../domain/changes-signal.ts';
import { fullSyncQueue } from '../domain/names.ts';
import { isName } from '../domain/text.ts';

const EXAMPLE = 'onChanges@my-queue';

/** The workflow type ends at the first @, which no type needs; a queue may have more of them. */
function parse(text: string): SignalledWorkflow | undefined {
  const at = text.indexOf('@');
  const [type, taskQueue] = [text.slice(0, at), text.slice(at + 1)];
  return at > 0 && isName(type) && isName(taskQueue) && !/\s/.test(text) ? { type, taskQueue } : undefined;
}

export const CHANGES_SIGNAL_SETTINGS = {
  CHANGES_SIGNAL: z
    .string()
    .transform(parsed(parse, { problem: 'is not a workflow type, @ and its task queue', example: EXAMPLE }))
    .optional()
    .describe(
      'Workflow of yours that is signalled after changes, and started if it does not run: `<workflow type>@<task queue>`',
    ),
  CHANGES_SIGNAL_SCOPE: z
    .string()
    .default('table')
    .transform(oneOf(...SIGNAL_SCOPES))
    .describe('CHANGES_SIGNAL signals a workflow for each `table`, or for each table and `integration`'),
} as const;

interface SignalSettings {
  CHANGES_SIGNAL?: SignalledWorkflow | undefined;
  TASK_QUEUE: string;
}

/** A worker of kombo-sync does not know your workflow, and would fail its tasks for ever. */
export function problemsOfChangesSignal({ CHANGES_SIGNAL, TASK_QUEUE }: SignalSettings): SettingIssue[] {
  if (!CHANGES_SIGNAL) return [];
  if (![TASK_QUEUE, fullSyncQueue(TASK_QUEUE)].includes(CHANGES_SIGNAL.taskQueue)) return [];
  return [
    {
      name: 'CHANGES_SIGNAL',
      problem: `names the task queue ${CHANGES_SIGNAL.taskQueue}, which kombo-sync itself polls`,
      remedy: 'name the one that your own worker polls',
      example: EXAMPLE,
    },
  ];
}
