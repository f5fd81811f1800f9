import type { Trigger } from './sync.ts';
import { cleanLine } from './text.ts';

/** Do not change these names: your scripts, saved views and dashboards depend on them. */
export const WORKFLOW_TYPES = {
  integrationSync: 'integrationSync',
  fullSync: 'fullSync',
  eraseIntegration: 'eraseIntegration',
  noteIssue: 'noteIssue',
  notify: 'notify',
} as const;

const FULL_QUEUE_SUFFIX = '-full';

/** The task queue of full syncs: slots of their own, so that no webhook stands behind a thousand of them (invariant I25). */
export const fullSyncQueue = (taskQueue: string) =>
  taskQueue.endsWith(FULL_QUEUE_SUFFIX) ? taskQueue : `${taskQueue}${FULL_QUEUE_SUFFIX}`;

export const syncWorkflowId = (integrationId: string) => `sync/${integrationId}`;
export const fullSyncWorkflowId = (integrationId: string) => `full-sync/${integrationId}`;
export const eraseWorkflowId = (integrationId: string) => `erase/${integrationId}`;
export const issueWorkflowId = (issueId: string) => `issue/${issueId}`;
export const notifyWorkflowId = (notificationId: string) => `notify/${notificationId}`;
/** A workflow of yours that CHANGES_SIGNAL signals. */
export const changesWorkflowId = (table: string, integrationId: string | null) =>
  integrationId === null ? `changes/${table}` : `changes/${table}/${integrationId}`;
export const fullSyncScheduleId = (integrationId: string) => `full-sync/${integrationId}`;
export const catchUpScheduleId = (integrationId: string) => `catch-up/${integrationId}`;

export const KOMBO_INTEGRATION_ID = { name: 'KomboIntegrationId', type: 'KEYWORD' } as const;
const KOMBO_TOOL = { name: 'KomboTool', type: 'KEYWORD' } as const;
const KOMBO_CATEGORY = { name: 'KomboCategory', type: 'KEYWORD' } as const;
export const KOMBO_TRIGGER = { name: 'KomboTrigger', type: 'KEYWORD' } as const;
export const KOMBO_MODELS = { name: 'KomboModels', type: 'KEYWORD_LIST' } as const;

export const SEARCH_ATTRIBUTES = [
  KOMBO_INTEGRATION_ID,
  KOMBO_TOOL,
  KOMBO_CATEGORY,
  KOMBO_TRIGGER,
  KOMBO_MODELS,
];

/** A value between single quotes in a visibility query. */
export function escapeQuery(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll("'", "''");
}

const FAIRNESS_KEY_BYTES = 64;

/** The server refuses a longer key, and counts bytes of UTF-8, so this cuts between two characters. */
export function fairnessKey(integrationId: string): string {
  let key = '';
  let bytes = 0;
  for (const character of integrationId) {
    bytes += utf8Bytes(character);
    if (bytes > FAIRNESS_KEY_BYTES) break;
    key += character;
  }
  return key;
}

/** The server's limit for the value of one search attribute, as JSON. */
const LABEL_BYTES = 2_048;

/** The models in the label of a run: all names, or those that fit and the number of the others. */
export function modelsLabel(models: readonly string[]): string[] {
  if (utf8Bytes(JSON.stringify(models)) <= LABEL_BYTES) return [...models];
  let bytes = utf8Bytes(JSON.stringify([more(models.length)]));
  const first: string[] = [];
  for (const model of models) {
    // With the comma after it.
    bytes += utf8Bytes(JSON.stringify(model)) + 1;
    if (bytes > LABEL_BYTES) break;
    first.push(model);
  }
  return [...first, more(models.length - first.length)];
}

const more = (count: number) => `…and ${count} more`;

/** Temporal's sandbox for workflows has no TextEncoder. */
function utf8Bytes(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
  }
  return bytes;
}

export interface Labels {
  integrationId: string;
  trigger?: Trigger | undefined;
  tool?: string | undefined;
  category?: string | undefined;
  models?: readonly string[] | undefined;
}

/** Search attributes of a run or a schedule. */
export function searchAttributes(labels: Labels) {
  return [
    { key: KOMBO_INTEGRATION_ID, value: labels.integrationId },
    ...(labels.trigger ? [{ key: KOMBO_TRIGGER, value: labels.trigger }] : []),
    ...(labels.tool ? [{ key: KOMBO_TOOL, value: cleanLine(labels.tool) }] : []),
    ...(labels.category ? [{ key: KOMBO_CATEGORY, value: cleanLine(labels.category) }] : []),
    ...(labels.models?.length ? [{ key: KOMBO_MODELS, value: modelsLabel(labels.models) }] : []),
  ];
}
