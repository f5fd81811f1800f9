import { z } from 'zod';
import { readIssue, type Issue } from '../domain/issues.ts';
import { LEGACY_TYPES } from '../domain/deliveries.ts';
import { isIntegrationId, isName } from '../domain/text.ts';
import { parseTimestamp } from '../domain/timestamp.ts';
import type { IntegrationChange } from '../domain/wanted.ts';

/** What a delivery asks for. Its data is never stored: it only says what to read again (I3). */
export type Delivery = DataChanged | LegacyEvent | IntegrationEvent | IssueEvent | Ignored;

interface DeliveryBase {
  /** Kombo's id of the delivery. */
  id: string;
  type: string;
}

interface AboutIntegration extends DeliveryBase {
  integrationId: string;
  tool?: string | undefined;
  category?: string | undefined;
  /** Your own id for the customer. */
  originId?: string | undefined;
}

interface DataChanged extends AboutIntegration {
  kind: 'data-changed';
  /** Distinct names as Kombo sent them, including unknown ones. */
  models: string[];
  /** Part of the list could not be read, so any model may have changed. */
  everything?: true;
}

/** Kombo sent these before it had `data-changed`. Any data of the integration may have changed. */
interface LegacyEvent extends AboutIntegration {
  kind: 'legacy';
}

export interface IntegrationEvent extends AboutIntegration {
  kind: 'lifecycle';
  change: IntegrationChange;
}

/** Kombo raised or resolved an issue of one integration or of the whole environment. */
export interface IssueEvent extends DeliveryBase, Partial<Omit<AboutIntegration, keyof DeliveryBase>> {
  kind: 'issue';
  issue: Issue;
}

/** Asks for no read. It is only counted. */
export interface Ignored extends DeliveryBase {
  kind: 'ignored';
  integrationId?: string | undefined;
}

/** A correctly signed body that is not a delivery. The message says what is wrong, but never quotes the body. */
export class MalformedDelivery extends Error {
  override name = 'MalformedDelivery';
}

/** Types that Kombo documents. */
export const DELIVERY_TYPES: ReadonlySet<string> = new Set([
  'data-changed',
  'integration-created',
  'integration-deleted',
  'integration-state-changed',
  'issue-status-changed',
  'assessment:order-received',
  'inline-assessment:order-received',
  'connection-flow-failed',
  'ai-apply-application-status-updated',
  'ai-apply-job-posting-status-updated',
  ...LEGACY_TYPES,
]);

/** Far more than Kombo sends, and few enough for a signal of a few kilobytes. More names than this mean every model. */
const MAX_MODELS = 500;

/** Ids become workflow ids and keys in Postgres. */
const integrationId = z.string().refine(isIntegrationId);
const name = z.string().refine(isName);
const optionalName = name.optional().catch(undefined);
const endUser = z.object({ origin_id: optionalName }).optional().catch(undefined);

const envelope = z.object({ id: name, type: name, data: z.looseObject({}) });

const changedModels = z.object({ changed_models: z.array(z.unknown()).max(MAX_MODELS) });
const changedModel = z.object({ name }).transform((model) => model.name);

// Deliveries that an integration was created or deleted have its id in `id`; all others have it in `integration_id`,
// and some have an `id` of their own.
const created = z
  .object({
    id: integrationId,
    tool: optionalName,
    category: optionalName,
    end_user: endUser,
    deleted_at: z.string().transform(parseTimestamp).optional().catch(undefined),
  })
  .transform((data) => ({
    integrationId: data.id,
    tool: data.tool,
    category: data.category,
    originId: data.end_user?.origin_id,
    deletedAt: data.deleted_at?.toISOString(),
  }));
const related = z
  .object({
    integration_id: integrationId,
    integration_tool: optionalName,
    integration_category: optionalName,
    end_user: endUser,
  })
  .transform((data) => ({
    integrationId: data.integration_id,
    tool: data.integration_tool,
    category: data.integration_category,
    originId: data.end_user?.origin_id,
  }));

const issueEvent = z.object({
  change: z.unknown().optional(),
  issue: z.looseObject({}),
  integration: created.nullish(),
});

/**
 * Reads a delivery leniently: it accepts unknown fields, types and model names, but no missing id.
 *
 * @throws MalformedDelivery
 */
export function parseDelivery(json: unknown): Delivery {
  const { id, type, data } = read(envelope, json, 'it needs the strings id and type and the object data');
  switch (type) {
    case 'data-changed': {
      const integration = read(related, data, 'data.integration_id is missing or not a usable id');
      return { kind: 'data-changed', id, type, ...integration, ...readModels(data) };
    }
    case 'assessment:order-received':
    case 'inline-assessment:order-received': {
      const integration = read(related, data, 'data.integration_id is missing or not a usable id');
      return {
        kind: 'data-changed',
        id,
        type,
        ...integration,
        category: 'ASSESSMENT',
        models: ['assessment_orders'],
      };
    }
    case 'integration-created':
    case 'integration-deleted': {
      const { deletedAt, ...integration } = read(created, data, 'data.id is missing or not a usable id');
      const event = type === 'integration-created' ? 'created' : 'deleted';
      return { kind: 'lifecycle', id, type, ...integration, change: { event, deletedAt } };
    }
    case 'integration-state-changed': {
      const integration = read(related, data, 'data.integration_id is missing or not a usable id');
      return { kind: 'lifecycle', id, type, ...integration, change: { event: 'state-changed' } };
    }
    case 'issue-status-changed': {
      return { kind: 'issue', id, type, ...readIssueEvent(data) };
    }
    case 'sync-finished':
    case 'remote-event-received': {
      // Kombo documents no payload for the second one, so a missing id does not make it malformed.
      const integration = related.safeParse(data);
      return integration.success
        ? { kind: 'legacy', id, type, ...integration.data }
        : { kind: 'ignored', id, type };
    }
    default: {
      return { kind: 'ignored', id, type, integrationId: related.safeParse(data).data?.integrationId };
    }
  }
}

/** The signature shows that data has changed, so an entry that cannot be read may stand for any model. */
function readModels(data: unknown): Pick<DataChanged, 'models' | 'everything'> {
  const list = changedModels.safeParse(data);
  const entries = list.data?.changed_models.map((entry) => changedModel.safeParse(entry)) ?? [];
  const models = [...new Set(entries.flatMap((entry) => entry.data ?? []))];
  const unread = !list.success || entries.some((entry) => !entry.success);
  return unread ? { models, everything: true } : { models };
}

/** Only the ids are required: Kombo may add types, and texts may be missing. */
function readIssueEvent(data: unknown): Omit<IssueEvent, keyof DeliveryBase | 'kind'> {
  const given = read(issueEvent, data, 'data.issue is missing, or data.integration.id is not a usable id');
  const { change, issue, integration } = given;
  const { deletedAt: _none, ...about } = integration ?? {};
  const now = new Date();
  const isResolved = change === 'resolved' || issue.status === 'RESOLVED';
  const value = {
    id: issue.id,
    integrationId: integration?.integrationId,
    type: issue.type,
    title: issue.title,
    message: issue.markdown_message,
    firstObservedAt: issue.first_observed_at,
    resolvedAt: issue.resolved_at ?? (isResolved ? now.toISOString() : null),
  };
  const known = readIssue(value, now);
  if (known) return { ...about, issue: known };
  throw new MalformedDelivery('The delivery is malformed: data.issue.id is missing or not a usable id.');
}

function read<T>(schema: z.ZodType<T>, value: unknown, problem: string): T {
  const result = schema.safeParse(value);
  if (!result.success) throw new MalformedDelivery(`The delivery is malformed: ${problem}.`);
  return result.data;
}
