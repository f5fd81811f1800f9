import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import {
  KOMBO_CATEGORY,
  KOMBO_INTEGRATION_ID,
  KOMBO_MODELS,
  KOMBO_TOOL,
  KOMBO_TRIGGER,
  modelsLabel,
} from '../src/domain/names.ts';
import type { Trigger } from '../src/domain/sync.ts';

export interface RunLabels {
  integrationId: string;
  trigger: Trigger;
  tool?: string | undefined;
  category?: string | undefined;
  models?: readonly string[] | undefined;
}

/** Adds the search attributes that the starter did not give, as with a start by the plain `temporal` CLI. */
export function labelRun(labels: RunLabels): void {
  const has = workflowInfo().typedSearchAttributes;
  const missing = [
    { key: KOMBO_INTEGRATION_ID, value: labels.integrationId },
    { key: KOMBO_TRIGGER, value: labels.trigger },
    ...(labels.tool ? [{ key: KOMBO_TOOL, value: labels.tool }] : []),
    ...(labels.category ? [{ key: KOMBO_CATEGORY, value: labels.category }] : []),
  ].filter(({ key }) => has.get(key) === undefined);
  const models =
    labels.models?.length && !has.get(KOMBO_MODELS)
      ? [{ key: KOMBO_MODELS, value: modelsLabel(labels.models) }]
      : [];
  if (missing.length + models.length > 0) upsertSearchAttributes([...missing, ...models]);
}
