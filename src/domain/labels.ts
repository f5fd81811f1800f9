import {
  KOMBO_CATEGORY,
  KOMBO_INTEGRATION_ID,
  KOMBO_MODELS,
  KOMBO_TOOL,
  KOMBO_TRIGGER,
  modelsLabel,
} from './names.ts';
import type { Trigger } from './sync.ts';

export interface Labels {
  integrationId: string;
  trigger: Trigger;
  tool?: string | undefined;
  category?: string | undefined;
  models?: readonly string[] | undefined;
}

/** Search attributes of a run or a schedule. */
export function searchAttributes(labels: Labels) {
  return [
    { key: KOMBO_INTEGRATION_ID, value: labels.integrationId },
    { key: KOMBO_TRIGGER, value: labels.trigger },
    ...(labels.tool ? [{ key: KOMBO_TOOL, value: labels.tool }] : []),
    ...(labels.category ? [{ key: KOMBO_CATEGORY, value: labels.category }] : []),
    ...(labels.models?.length ? [{ key: KOMBO_MODELS, value: modelsLabel(labels.models) }] : []),
  ];
}
