import { defineEndpoint, type EndpointDefinition } from './define.ts';

/** Assessments that customers order from you: https://docs.kombo.dev/assessment */
export const ASSESSMENT_ENDPOINTS: readonly EndpointDefinition[] = [
  defineEndpoint({
    path: '/assessment/orders',
    delta: 'created_after',
    includeDeleted: false,
    models: { assessment_orders: 'own' },
    fields: {
      package_id: 'text',
      status: 'text',
      candidate: 'jsonb',
      application: 'jsonb',
      job: 'jsonb',
    },
  }),
  defineEndpoint({
    path: '/assessment/orders/open',
    status: 'deprecated',
    delta: 'none',
    includeDeleted: false,
    byIds: false,
    models: {},
    records: 'assessment_orders',
    fields: {
      package_id: 'text',
      candidate: 'jsonb',
      application: 'jsonb',
      job: 'jsonb',
    },
  }),
];
