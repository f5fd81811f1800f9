import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { KNOWN_MODELS } from '../../domain/catalogue/index.ts';
import { verify } from '../../kombo/signature.ts';
import { LEGACY_TYPES, MalformedDelivery, parseDelivery, type Delivery } from '../../kombo/webhook.ts';
import type { Coalescer, Notice } from '../../temporal/coalescer.ts';
import type { DeliveryCounts } from '../delivery-counts.ts';
import type { DeliveryEvent, DeliveryOutcome, HttpDeps } from '../deps.ts';
import type { Metrics } from '../metrics.ts';
import { sendError } from '../plugins/errors.ts';

const BODY_LIMIT = 1_048_576;
const RETRY_AFTER_SECONDS = 5;

/**
 * `POST /webhooks/kombo`: signature over the raw bytes, then a lenient look at the content, then Temporal. The answer is
 * 200 only after Temporal has stored the signal (invariants I1 and I2).
 */
export function webhookRoutes(
  deps: HttpDeps & { ingest: Coalescer; metrics: Metrics; deliveryCounts: DeliveryCounts },
) {
  const finish = (request: FastifyRequest, reply: FastifyReply, outcome: DeliveryOutcome, it?: Delivery) => {
    const event = describeDelivery(outcome, reply.elapsedTime, it);
    deps.metrics.countDelivery(event);
    deps.onDelivery?.(event);
    if (it && isAnswered(outcome)) {
      const { type } = it;
      deps.deliveryCounts.add({ integrationId: it.integrationId ?? '', type, outcome });
    }
    const level = isAnswered(outcome) ? 'info' : 'warn';
    request.log[level]({ delivery: event }, `webhook ${outcome}`);
  };

  return (app: FastifyInstance, _options: unknown, done: () => void): void => {
    // The parsers belong to this route alone: here a body is bytes, with any content type.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_LIMIT }, (_request, body, parsed) =>
      parsed(null, body),
    );

    app.post(
      '/webhooks/kombo',
      {
        bodyLimit: BODY_LIMIT,
        errorHandler: (error, request, reply) => {
          if (error.statusCode !== 413) throw error;
          finish(request, reply, 'too-large');
          sendError(reply, 413, 'too_large', 'A delivery has at most 1 MiB.');
        },
      },
      async (request, reply) => {
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const header = request.headers['x-kombo-signature'];
        if (!verify(body, header?.toString(), deps.config.KOMBO_WEBHOOK_SECRETS)) {
          finish(request, reply, 'unsigned');
          const message = 'x-kombo-signature does not match the body; check KOMBO_WEBHOOK_SECRETS.';
          return sendError(reply, 401, 'bad_signature', message);
        }

        let delivery: Delivery;
        try {
          delivery = parseDelivery(parseJson(body));
        } catch (error) {
          if (!(error instanceof MalformedDelivery)) throw error;
          finish(request, reply, 'malformed');
          return sendError(reply, 400, 'malformed', error.message);
        }

        // By type: also one that names no integration is not acted upon because of the setting.
        if (LEGACY_TYPES.has(delivery.type) && !deps.config.LEGACY_WEBHOOKS) {
          finish(request, reply, 'legacy-off', delivery);
          return reply.send({ status: 'ignored' });
        }
        const notice = noticeOf(delivery);
        if (!notice) {
          finish(request, reply, 'ignored', delivery);
          return reply.send({ status: 'ignored' });
        }
        deps.metrics.unknownModels.inc(notice.models.filter((model) => !KNOWN_MODELS.has(model)).length);
        try {
          await deps.ingest.add(notice);
        } catch (error) {
          request.log.warn(
            { err: error },
            'Temporal did not accept a delivery; its sender is asked to retry',
          );
          finish(request, reply, 'unavailable', delivery);
          reply.header('retry-after', RETRY_AFTER_SECONDS);
          return sendError(
            reply,
            503,
            'not_accepted',
            'Temporal did not accept the delivery; send it again.',
          );
        }
        finish(request, reply, 'accepted', delivery);
        return reply.send({ status: 'accepted' });
      },
    );
    done();
  };
}

/** Outcomes after which the sender is done. */
function isAnswered(outcome: DeliveryOutcome): outcome is 'accepted' | 'ignored' | 'legacy-off' {
  return outcome === 'accepted' || outcome === 'ignored' || outcome === 'legacy-off';
}

function describeDelivery(outcome: DeliveryOutcome, ms: number, delivery?: Delivery): DeliveryEvent {
  return {
    outcome,
    ms: Math.round(ms * 10) / 10,
    ...(delivery ? { id: delivery.id, type: delivery.type } : {}),
    ...(delivery?.integrationId === undefined ? {} : { integrationId: delivery.integrationId }),
    models: delivery?.kind === 'data-changed' ? delivery.models : [],
  };
}

/** What a delivery wants of Temporal; undefined when it asks for nothing. */
function noticeOf(delivery: Delivery): Notice | undefined {
  if (delivery.kind === 'ignored') return undefined;
  const { integrationId, tool, category, type } = delivery;
  const about = { integrationId, type, ...(tool ? { tool } : {}), ...(category ? { category } : {}) };
  switch (delivery.kind) {
    case 'lifecycle': {
      const { event, deletedAt } = delivery;
      return { ...about, models: [], event, ...(deletedAt ? { deletedAt } : {}) };
    }
    case 'legacy':
      return { ...about, models: [], everything: true };
    case 'data-changed':
      return delivery.models.length > 0 ? { ...about, models: delivery.models } : undefined;
  }
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    // The parser's own message quotes the body.
    throw new MalformedDelivery('The delivery is malformed: it is not JSON.');
  }
}
