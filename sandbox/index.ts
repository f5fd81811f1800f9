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

/** Assessments are ordered from us rather than synced, so they are not part of the demo. */
export const ASSESSMENT_INTEGRATION: SandboxIntegrationSpec = {
  id: 'bombohr:assessment-demo',
  category: 'ASSESSMENT',
  organizationName: 'Acme Tests',
};

export interface SandboxOptions {
  /** Everything generated follows from it. */
  seed?: number;
  apiKey?: string;
  webhookSecret?: string;
  /** Where webhooks go; can be set later with `control.setWebhookUrl`. */
  webhookUrl?: string;
  /** The three demo integrations when left out. */
  integrations?: readonly SandboxIntegrationSpec[];
  /** What `control.saveState()` of an earlier sandbox returned: takes the place of `integrations`. */
  savedState?: string | undefined;
  /** The sandbox's clock: time stamps, the Date header, the rate limit's window. */
  now?: () => Date;
  /** Requests per minute; no limit when left out. */
  rateLimit?: number;
}

export interface Sandbox {
  readonly app: FastifyInstance;
  readonly control: SandboxControl;
  /** Starts to listen (127.0.0.1, a free port) and returns the API's base address, with `/v1`. */
  listen(options?: { port?: number; host?: string }): Promise<string>;
  close(): Promise<void>;
}

/** A stand-in for Kombo's API whose data can be changed, and which fails on demand. */
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
