/** Names that stand outside: users' scripts, saved views and dashboards depend on them. */
export const WORKFLOW_TYPES = {
  integrationSync: 'integrationSync',
  fullSync: 'fullSync',
  eraseIntegration: 'eraseIntegration',
} as const;

export const syncWorkflowId = (integrationId: string) => `sync/${integrationId}`;
export const fullSyncWorkflowId = (integrationId: string) => `full-sync/${integrationId}`;
export const eraseWorkflowId = (integrationId: string) => `erase/${integrationId}`;
export const fullSyncScheduleId = (integrationId: string) => `full-sync/${integrationId}`;
export const catchUpScheduleId = (integrationId: string) => `catch-up/${integrationId}`;

export const KOMBO_INTEGRATION_ID = { name: 'KomboIntegrationId', type: 'KEYWORD' } as const;
export const KOMBO_TOOL = { name: 'KomboTool', type: 'KEYWORD' } as const;
export const KOMBO_CATEGORY = { name: 'KomboCategory', type: 'KEYWORD' } as const;
export const KOMBO_TRIGGER = { name: 'KomboTrigger', type: 'KEYWORD' } as const;
export const KOMBO_MODELS = { name: 'KomboModels', type: 'KEYWORD_LIST' } as const;

export const SEARCH_ATTRIBUTES = [
  KOMBO_INTEGRATION_ID,
  KOMBO_TOOL,
  KOMBO_CATEGORY,
  KOMBO_TRIGGER,
  KOMBO_MODELS,
];
