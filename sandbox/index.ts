import type { FastifyInstance } from 'fastify';
import { buildApp } from './api/app.ts';
import { FaultQueue } from './api/faults.ts';
import { RateLimit } from './api/rate-limit.ts';
import { RequestLog } from './api/request-log.ts';
import { SandboxControl } from './control/index.ts';
import { registerControlRoutes } from './control/routes.ts';
import type { SandboxIntegrationSpec } from './state/spec.ts';
import { World, type SavedWorld } from './state/world.ts';
import { WebhookSender, type SavedWebhooks } from './webhooks/sender.ts';

export type { FaultSpec } from './api/faults.ts';
export type { SandboxControl } from './control/index.ts';
export type { SandboxIntegrationSpec } from './state/spec.ts';
export type { WebhookResult } from './webhooks/sender.ts';
export type { WebhookType } from './webhooks/types.ts';

export const DEFAULT_API_KEY = 'ks_dev_sandbox';
export const DEFAULT_WEBHOOK_SECRET = 'whsec_sandbox';

export const DEMO_INTEGRATIONS: readonly SandboxIntegrationSpec[] = [
  { id: 'bombohr:ats-demo', category: 'ATS', organizationName: 'Acme Recruiting' },
  { id: 'bombohr:hris-demo', category: 'HRIS', organizationName: 'Acme People' },
  { id: 'bombohr:lms-demo', category: 'LMS', organizationName: 'Acme Academy' },
];

/** Not part of the demo: Kombo does not sync assessments from a tool; customers order them from you. */
export const ASSESSMENT_INTEGRATION: SandboxIntegrationSpec = {
  id: 'bombohr:assessment-demo',
  category: 'ASSESSMENT',
  organizationName: 'Acme Tests',
};

export interface SandboxOptions {
  /** Decides all generated data. */
  seed?: number;
  apiKey?: string;
  webhookSecret?: string;
  /** Where webhooks go. `control.setWebhookUrl` sets it later. */
  webhookUrl?: string;
  /** Default: the three demo integrations. */
  integrations?: readonly SandboxIntegrationSpec[];
  /** The result of `control.saveState()` of an earlier sandbox. It replaces `integrations`. */
  savedState?: string | undefined;
  /** The clock of the sandbox: for timestamps, the Date header and the window of the rate limit. */
  now?: () => Date;
  /** Requests per minute. Default: no limit. */
  rateLimit?: number;
}

export interface Sandbox {
  readonly app: FastifyInstance;
  readonly control: SandboxControl;
  /** Listens (by default on a free port of 127.0.0.1) and returns the base URL of the API, with `/v1`. */
  listen(options?: { port?: number; host?: string }): Promise<string>;
  close(): Promise<void>;
}

/** A stand-in for Kombo's API. You can change its data and make it fail. */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  const seed = options.seed ?? 1;
  const world = new World(seed, options.now ?? (() => new Date()));
  const secret = options.webhookSecret ?? DEFAULT_WEBHOOK_SECRET;
  const webhooks = new WebhookSender({ url: options.webhookUrl, secret }, seed);
  if (options.savedState !== undefined) {
    const saved = JSON.parse(options.savedState) as SavedWorld & { webhooks: SavedWebhooks };
    world.load(saved);
    webhooks.load(saved.webhooks);
  } else {
    for (const spec of options.integrations ?? DEMO_INTEGRATIONS) world.add(spec);
  }
  const faults = new FaultQueue(seed);
  const rateLimit = new RateLimit(options.rateLimit);
  const requests = new RequestLog();
  const app = buildApp({ world, apiKey: options.apiKey ?? DEFAULT_API_KEY, faults, rateLimit, requests });
  const control = new SandboxControl({ world, faults, rateLimit, requests, webhooks });
  registerControlRoutes(app, control);
  return {
    app,
    control,
    listen: async ({ port = 0, host = '127.0.0.1' } = {}) => `${await app.listen({ port, host })}/v1`,
    close: async () => {
      await control.stopDemo();
      await app.close();
    },
  };
}
