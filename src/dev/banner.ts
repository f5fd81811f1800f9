import type { Config } from '../config.ts';
import { formatDuration } from '../domain/duration.ts';
import { WORKFLOW_TYPES } from '../domain/names.ts';

export interface BannerFacts {
  config: Config;
  url: string;
  operationsUrl: string;
  /** Undefined if the Temporal server is yours. */
  temporalUiUrl: string | undefined;
  temporalAddress: string;
  namespace: string;
  /** The URL of the embedded Postgres. Yours is not printed, since it holds a password. */
  databaseUrl: string | undefined;
  /** Undefined without the sandbox. */
  sandboxUrl: string | undefined;
  /** Which secrets `dev` made. Yours are not printed. */
  made: { webhookSecret: boolean; adminToken: boolean };
  /** The settings that have the value of the demo. */
  demoSettings: readonly string[];
  dataDir: string;
  /** How you call the program. */
  command: string;
  example: { integrationId: string; tool: string; category: string; model: string } | undefined;
}

/** What you want to know when `dev` has started. */
export function bannerText(facts: BannerFacts): string {
  const { config, url, operationsUrl, databaseUrl, sandboxUrl, dataDir } = facts;
  const token = facts.made.adminToken ? config.ADMIN_TOKEN?.reveal() : 'yours (ADMIN_TOKEN)';
  const rows: [string, string | undefined][] = [
    ['Temporal UI', facts.temporalUiUrl && workflowsUrl(facts.temporalUiUrl, facts.namespace)],
    ['Temporal', facts.temporalUiUrl ? undefined : `${facts.temporalAddress}, namespace ${facts.namespace}`],
    ['Status page', `${operationsUrl}/`],
    ['Admin API', `${operationsUrl}/api/docs`],
    ['Admin token', token],
    ['Webhooks', `POST ${url}/webhooks/kombo`],
    ['Postgres', databaseUrl ? `psql '${databaseUrl}'` : 'yours (DATABASE_URL)'],
    ['Kombo', sandboxUrl ? `the sandbox at ${sandboxUrl}` : config.KOMBO_API_URL],
    ['Data', dataDir],
    ['Commands', `${facts.command} status   (in another terminal; --help lists them all)`],
  ];
  const lines = rows.flatMap(([name, value]) => (value ? [`  ${name.padEnd(12)} ${value}`] : []));
  return ['', 'kombo-sync is running.', '', ...lines, '', ...webhookLines(facts), ...demoLines(facts)].join(
    '\n',
  );
}

function workflowsUrl(ui: string, namespace: string): string {
  const types = Object.values(WORKFLOW_TYPES).map((type) => `"${type}"`);
  const query = encodeURIComponent(`WorkflowType IN (${types.join(', ')})`);
  return `${ui}/namespaces/${namespace}/workflows?query=${query}`;
}

function webhookLines({ config, url, example, made }: BannerFacts): string[] {
  const [secret] = config.KOMBO_WEBHOOK_SECRETS;
  if (!example || !secret || !made.webhookSecret) return [];
  const body = JSON.stringify({
    id: 'by-hand',
    type: 'data-changed',
    data: {
      integration_id: example.integrationId,
      integration_tool: example.tool,
      integration_category: example.category,
      changed_models: [{ name: example.model }],
    },
  });
  return [
    '  Send a webhook by hand:',
    `    BODY='${body}'`,
    `    SIGNATURE=$(printf %s "$BODY" | openssl dgst -sha256 -hmac '${secret.reveal()}' -binary | openssl base64 -A | tr '+/' '-_' | tr -d =)`,
    `    curl -d "$BODY" -H 'content-type: application/json' -H "x-kombo-signature: $SIGNATURE" ${url}/webhooks/kombo`,
    '',
  ];
}

function demoLines({ config, sandboxUrl, demoSettings, command }: BannerFacts): string[] {
  if (!sandboxUrl) return [`  Add an integration: ${command} integrations add <id>`, ''];
  const short = demoSettings.map((name) => `${name}=${shown(config, name)}`).join(' ');
  return [
    '  The sandbox now changes records every few seconds. It loses some webhooks; the catch-up reads what they reported.',
    ...(short === '' ? [] : [`  Short for this demo: ${short}. Set them yourself for other values.`]),
    '  Ctrl-C stops everything; the data stays.',
    '',
  ];
}

function shown(config: Config, name: string): string {
  const value = name in config ? config[name as keyof Config] : undefined;
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return typeof value === 'number' ? formatDuration(value) : '';
}
