import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** Names that stand outside: users' scripts and dashboards depend on them. */
export const WORKFLOW_TYPES = { integrationSync: 'integrationSync', fullSync: 'fullSync' } as const;

export const syncWorkflowId = (integrationId: string) => `sync/${integrationId}`;
export const fullSyncWorkflowId = (integrationId: string) => `full-sync/${integrationId}`;
export const fullSyncScheduleId = (integrationId: string) => `full-sync/${integrationId}`;
export const catchUpScheduleId = (integrationId: string) => `catch-up/${integrationId}`;

export const KOMBO_INTEGRATION_ID = defineSearchAttributeKey(
  'KomboIntegrationId',
  SearchAttributeType.KEYWORD,
);
export const KOMBO_TOOL = defineSearchAttributeKey('KomboTool', SearchAttributeType.KEYWORD);
export const KOMBO_CATEGORY = defineSearchAttributeKey('KomboCategory', SearchAttributeType.KEYWORD);
export const KOMBO_TRIGGER = defineSearchAttributeKey('KomboTrigger', SearchAttributeType.KEYWORD);
export const KOMBO_MODELS = defineSearchAttributeKey('KomboModels', SearchAttributeType.KEYWORD_LIST);

export const SEARCH_ATTRIBUTES = [
  KOMBO_INTEGRATION_ID,
  KOMBO_TOOL,
  KOMBO_CATEGORY,
  KOMBO_TRIGGER,
  KOMBO_MODELS,
];
