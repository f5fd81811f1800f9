import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { CATEGORIES } from '../../src/domain/catalogue/index.ts';
import { FAULT } from '../api/faults.ts';
import { FILTER_TREATMENTS, TREATMENTS } from '../state/extra.ts';
import { SYNC_STATES, WEBHOOK_TYPES } from '../webhooks/types.ts';
import type { SandboxControl } from './index.ts';

const integration = z.string();
const table = z.string();
const id = z.string();
const ids = z.union([z.string(), z.array(z.string())]);
const fields = z.record(z.string(), z.unknown());
const record = z.object({ integration, table, id });
const records = z.object({ integration, table, ids });
const category = z.enum(CATEGORIES);
const status = z.enum(['ACTIVE', 'INVALID', 'INACTIVE']).optional();
const setupStatus = z.enum(['INCOMPLETE', 'FINAL_SYNC_PENDING', 'COMPLETED']).optional();
const qaStatus = z.enum(['PENDING', 'FAILED', 'PASSED']).optional();
const treatment = z.enum(TREATMENTS).optional();
const filterTreatment = z.enum(FILTER_TREATMENTS).optional();
const delivery = z.object({
  id: z.string().optional(),
  pretty: z.boolean().optional(),
  wrongSignature: z.boolean().optional(),
  lose: z.boolean().optional(),
  duplicate: z.boolean().optional(),
  url: z.string().optional(),
});

interface Command {
  schema: z.ZodType;
  run: (control: SandboxControl, body: never) => unknown;
}

function command<S extends z.ZodType>(
  schema: S,
  run: (control: SandboxControl, body: z.infer<S>) => unknown,
): Command {
  return { schema, run };
}

/** One command for each method of `SandboxControl`, with the same name: `POST /__control/<name>`. */
const COMMANDS: Record<string, Command> = {
  integrations: command(z.object({}), (control) => control.integrations()),
  addIntegration: command(
    z.object({
      id,
      category,
      tool: z.string().optional(),
      organizationName: z.string().optional(),
      originId: z.string().optional(),
      records: z.record(z.string(), z.int().min(0)).optional(),
      scale: z.number().min(0).optional(),
      status,
      setupStatus,
      qaStatus,
      createdAt: z.coerce.date().optional(),
    }),
    (control, spec) => control.addIntegration(defined(spec)),
  ),
  addEndpoint: command(
    z.object({
      path: z.string(),
      updatedAfter: filterTreatment,
      includeDeleted: treatment,
      ids: filterTreatment,
      pageSize: treatment,
    }),
    (control, spec) => control.addEndpoint(defined(spec)),
  ),
  removeIntegration: command(z.object({ integration }), (control, body) =>
    control.removeIntegration(body.integration),
  ),
  setIntegration: command(
    z.object({
      integration,
      status,
      setupStatus,
      qaStatus,
      dataExpiredAt: z.coerce.date().nullable().optional(),
      readError: z.string().nullable().optional(),
    }),
    (control, { integration, ...settings }) => control.setIntegration(integration, defined(settings)),
  ),
  setEnabled: command(z.object({ integration, enabled: z.boolean() }), (control, body) =>
    control.setEnabled(body.integration, body.enabled),
  ),
  saveState: command(z.object({}), (control) => control.saveState()),
  tables: command(z.object({ integration }), (control, body) => control.tables(body.integration)),
  ids: command(
    z.object({ integration, table, offset: z.int().optional(), limit: z.int().optional() }),
    (control, { integration, table, ...range }) => control.ids(integration, table, defined(range)),
  ),
  snapshot: command(z.object({ integration, table }), (control, body) =>
    Object.fromEntries(control.snapshot(body.integration, body.table)),
  ),
  create: command(
    z.object({ integration, table, count: z.int().min(1).optional(), fields: fields.optional() }),
    (control, { integration, table, ...options }) => control.create(integration, table, defined(options)),
  ),
  update: command(records.extend({ fields: fields.optional() }), (control, body) =>
    control.update(body.integration, body.table, body.ids, body.fields),
  ),
  updateNested: command(record.extend({ model: z.string() }), (control, body) =>
    control.updateNested(body.integration, body.table, body.id, body.model),
  ),
  tombstone: command(records, (control, body) => control.tombstone(body.integration, body.table, body.ids)),
  vanish: command(records, (control, body) => control.vanish(body.integration, body.table, body.ids)),
  restore: command(records, (control, body) => control.restore(body.integration, body.table, body.ids)),
  empty: command(records, (control, body) => control.empty(body.integration, body.table, body.ids)),
  move: command(record.extend({ where: z.enum(['first', 'last']) }), (control, body) =>
    control.move(body.integration, body.table, body.id, body.where),
  ),
  setRaw: command(record.extend({ text: z.string() }), (control, body) =>
    control.setRaw(body.integration, body.table, body.id, body.text),
  ),
  switchModel: command(z.object({ integration, table, on: z.boolean() }), (control, body) =>
    control.switchModel(body.integration, body.table, body.on),
  ),
  setModelProblem: command(
    z.object({
      integration,
      table,
      problem: z
        .enum([
          'INTEGRATION.MODEL_NOT_AVAILABLE',
          'INTEGRATION.MODEL_DISABLED',
          'INTEGRATION.PERMISSION_MISSING',
        ])
        .nullable(),
    }),
    (control, body) => control.setModelProblem(body.integration, body.table, body.problem),
  ),
  addFault: command(FAULT, (control, fault) => control.addFault(fault)),
  removeFault: command(z.object({ id: z.int() }), (control, body) => control.removeFault(body.id)),
  clearFaults: command(z.object({}), (control) => control.clearFaults()),
  setRateLimit: command(z.object({ perMinute: z.int().min(1).nullable() }), (control, body) =>
    control.setRateLimit(body.perMinute),
  ),
  requests: command(
    z.object({ integrationId: integration.optional(), path: z.string().optional() }),
    (control, filter) => control.requests(filter),
  ),
  clearRequests: command(z.object({}), (control) => control.clearRequests()),
  setWebhookUrl: command(z.object({ url: z.string() }), (control, body) => control.setWebhookUrl(body.url)),
  subscribe: command(z.object({ types: z.array(z.enum(WEBHOOK_TYPES)) }), (control, body) =>
    control.subscribe(body.types),
  ),
  subscription: command(z.object({}), (control) => control.subscription()),
  pendingModels: command(z.object({ integration }), (control, body) =>
    control.pendingModels(body.integration),
  ),
  sendWebhook: command(delivery.extend({ type: z.string(), data: z.unknown() }), (control, body) =>
    control.sendWebhook(body),
  ),
  flushWebhook: command(delivery.extend({ integration }), (control, { integration, ...options }) =>
    control.flushWebhook(integration, options),
  ),
  finishSync: command(
    delivery.omit({ id: true, lose: true }).extend({
      integration,
      state: z.enum(SYNC_STATES).optional(),
      lose: z.union([z.boolean(), z.enum(['sync-finished', 'data-changed'])]).optional(),
    }),
    (control, { integration, ...options }) => control.finishSync(integration, options),
  ),
  remoteEvent: command(delivery.extend({ integration }), (control, { integration, ...options }) =>
    control.remoteEvent(integration, options),
  ),
  announce: command(
    delivery.extend({
      integration,
      event: z.enum(['integration-created', 'integration-deleted', 'integration-state-changed']),
    }),
    (control, { integration, event, ...options }) => control.announce(integration, event, options),
  ),
  announceOrder: command(
    delivery.extend({ integration, order: z.string(), inline: z.boolean().optional() }),
    (control, { integration, order, ...options }) => control.announceOrder(integration, order, options),
  ),
  announceFailedConnection: command(
    delivery.extend({ tool: z.string(), category, organizationName: z.string().optional() }),
    (control, { tool, category, organizationName, ...options }) =>
      control.announceFailedConnection({ tool, category, organizationName }, options),
  ),
  raiseIssue: command(
    delivery.extend({
      integration: integration.optional(),
      issue: z.string().optional(),
      type: z.string().optional(),
      title: z.string().optional(),
      message: z.string().optional(),
    }),
    (control, { integration, issue, type, title, message, ...options }) =>
      control.raiseIssue({ integration, issue, type, title, message }, options),
  ),
  resolveIssue: command(delivery.extend({ issue: z.string() }), (control, { issue, ...options }) =>
    control.resolveIssue(issue, options),
  ),
  announceAiApply: command(
    delivery.extend({
      event: z.enum(['ai-apply-application-status-updated', 'ai-apply-job-posting-status-updated']),
      fields: fields.optional(),
    }),
    (control, { event, ...options }) => control.announceAiApply(event, options),
  ),
  startDemo: command(
    z.object({
      everyMs: z.number().min(10),
      loseEvery: z.int().min(0).optional(),
      integrations: z.array(z.string()).optional(),
    }),
    (control, options) => control.startDemo(defined(options)),
  ),
  stopDemo: command(z.object({}), (control) => control.stopDemo()),
};

export const CONTROL_COMMANDS: readonly string[] = Object.keys(COMMANDS);

/** The control interface over HTTP. It answers `{"result": …}`, or 400 and `{"error": …}`. */
export function registerControlRoutes(app: FastifyInstance, control: SandboxControl): void {
  for (const [name, { schema, run }] of Object.entries(COMMANDS)) {
    app.post(`/__control/${name}`, async (request, reply) => {
      const body = schema.safeParse(request.body ?? {});
      if (!body.success) return reply.code(400).send({ error: z.prettifyError(body.error) });
      try {
        return { result: (await run(control, body.data as never)) ?? null };
      } catch (error) {
        return reply.code(400).send({ error: error instanceof Error ? error.message : String(error) });
      }
    });
  }
}

/** Drops undefined fields: the compiler (`exactOptionalPropertyTypes`) wants them left out. */
function defined<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
