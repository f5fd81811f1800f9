import { modelOf } from '../model/index.ts';
import type { IntegrationState } from '../state/integration.ts';

/** The answer of `GET /integrations/{id}`. */
export function integrationBody(integration: IntegrationState): Record<string, unknown> {
  const { settings } = integration;
  return {
    id: integration.id,
    tool: {
      id: integration.tool,
      label: integration.tool,
      internal_label: null,
      logo_url: `https://assets.example.com/${integration.tool}/logo.svg`,
      icon_url: `https://assets.example.com/${integration.tool}/icon.svg`,
    },
    category: integration.category,
    status: settings.status,
    setup_status: settings.setupStatus,
    end_user: endUser(integration),
    scope_config: { id: 'scopeconfig1', name: 'Default scopes' },
    data_expired_at: settings.dataExpiredAt?.toISOString() ?? null,
    created_at: integration.createdAt.toISOString(),
    beta: false,
    read_models: readModels(integration),
    write_actions: [],
  };
}

export function endUser({
  organizationName,
  originId,
}: {
  organizationName: string;
  originId?: string | null;
}): Record<string, unknown> {
  return {
    organization_name: organizationName,
    creator_email: 'admin@acme.example.com',
    origin_id: originId ?? null,
  };
}

function readModels(integration: IntegrationState): Record<string, unknown>[] {
  return integration.endpoints().map((endpoint) => {
    const model = modelOf(endpoint.table).name;
    const problem = integration.problems.get(model);
    const off = integration.switchedOff.has(model);
    const state = {
      is_available: problem === undefined && !off,
      coverage_status: problem === 'INTEGRATION.MODEL_NOT_AVAILABLE' ? 'UNSUPPORTED' : 'SUPPORTED',
      scope_config_setting: off || problem === 'INTEGRATION.MODEL_DISABLED' ? 'DISABLED' : 'ENABLED',
      opted_out_by_customer: false,
    };
    return {
      id: endpoint.table,
      label: endpoint.path.split('/').slice(2).join(' '),
      ...state,
      fields: Object.keys(endpoint.fields).map((id) => ({ id, ...state })),
    };
  });
}
