import type { FastifyReply, FastifyRequest } from 'fastify';
import { DELIVERY_OUTCOMES, type DeliveryOutcome } from '../../domain/deliveries.ts';
import { cleanLine } from '../../domain/text.ts';
import type { Delivery } from '../../kombo/webhook.ts';
import type { Sampler } from '../access/sampling.ts';
import type { DeliveryEvent, HttpDeps, WebhookOutcome } from '../deps.ts';
import type { Metrics } from '../monitoring/metrics.ts';
import type { DeliveryCounts } from './delivery-counts.ts';

export interface NoteDeps extends HttpDeps {
  metrics: Metrics;
  deliveryCounts: DeliveryCounts;
  sample: Sampler;
}

export type Note = (
  request: FastifyRequest,
  reply: FastifyReply,
  outcome: WebhookOutcome,
  it?: Delivery,
) => void;

/** Counts and logs the outcome of a request. Unsigned requests can come from any caller, so only some are logged. */
export function createNote(deps: NoteDeps): Note {
  // What it says of a delivery holds no header and no secret, and looking for one took most of a line's time.
  const log = deps.log.child({}, { redact: [] });
  return (request, reply, outcome, it) => {
    const event = describeDelivery(outcome, reply.elapsedTime, it);
    deps.metrics.countDelivery(event);
    deps.onDelivery?.(event);
    if (!it) {
      const sample = deps.sample(outcome);
      const { method, ip: address } = request;
      const path = cleanLine(request.originalUrl.split('?')[0] ?? '');
      if (sample)
        request.log.warn({ delivery: event, method, path, address, ...sample }, `webhook ${outcome}`);
      return;
    }
    if (isAnswered(outcome)) {
      deps.deliveryCounts.add({ integrationId: it.integrationId ?? '', type: it.type, outcome });
    }
    const level = isAnswered(outcome) ? 'info' : 'warn';
    log[level]({ reqId: request.id, delivery: event }, `webhook ${outcome}`);
  };
}

/** Whether a request was meant for the webhook endpoint. A wrong address must not lose deliveries without a trace. */
export function comesNear(request: FastifyRequest): boolean {
  const { headers, is404, originalUrl } = request;
  return Boolean(headers['x-kombo-signature']) || (is404 && /^[^?]*webhook/i.test(originalUrl));
}

/** Outcomes after which the sender is done. */
function isAnswered(outcome: WebhookOutcome): outcome is DeliveryOutcome {
  return DELIVERY_OUTCOMES.some((answered) => answered === outcome);
}

function describeDelivery(outcome: WebhookOutcome, ms: number, delivery?: Delivery): DeliveryEvent {
  return {
    outcome,
    ms: Math.round(ms * 10) / 10,
    id: delivery?.id,
    type: delivery?.type,
    integrationId: delivery?.integrationId,
    models: delivery?.kind === 'data-changed' ? delivery.models : [],
    everything: (delivery?.kind === 'data-changed' && delivery.everything) || undefined,
  };
}
