import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { knownModels } from '../../domain/catalogue/index.ts';
import { isLegacy } from '../../domain/deliveries.ts';
import { isSignature, verify } from '../../kombo/signature.ts';
import { MalformedDelivery, parseDelivery, type Delivery } from '../../kombo/webhook.ts';
import { span } from '../../tracing/index.ts';
import { WEBHOOK_PATH } from '../addresses.ts';
import type { WebhookOutcome } from '../deps.ts';
import { HttpError, sendError } from '../errors/problems.ts';
import { readBody } from './body.ts';
import type { Coalescer } from './coalescer.ts';
import type { Notice } from './gathered.ts';
import type { IssueSender } from './issues.ts';
import type { Note, NoteDeps } from './note.ts';

const RETRY_AFTER_SECONDS = 5;
/** Counted from the arrival of a request. Kombo waits five seconds for an answer; this leaves half a second. */
const ANSWER_WITHIN_MS = 4_500;
/** The event loop's lag. A delivery takes several turns of the loop, so above this it is not answered in time. */
const MAX_LAG_MS = 2_000;

const UNREADABLE: Record<number, WebhookOutcome> = { 413: 'too-large', 503: 'slow' };

/**
 * `POST /webhooks/kombo`: signature over the raw bytes, then a lenient read of the content, then Temporal. The answer
 * is 200 only after Temporal has stored the signal (invariants I1 and I2).
 */
interface RouteDeps extends NoteDeps {
  ingest: Coalescer;
  issues: IssueSender;
  note: Note;
  lagMs: () => number;
}

export function webhookRoutes(deps: RouteDeps) {
  const { note, webhookAnswerMs = ANSWER_WITHIN_MS } = deps;
  const known = knownModels(deps.config.EXTRA_ENDPOINTS);

  const refuse = (request: FastifyRequest, reply: FastifyReply, { statusCode, code, message }: HttpError) => {
    if (statusCode === 503) reply.header('retry-after', RETRY_AFTER_SECONDS);
    // The rest of the body is not read.
    if (!request.raw.complete) reply.header('connection', 'close');
    return sendError(reply, statusCode, code, message);
  };

  const take = async (request: FastifyRequest, reply: FastifyReply) => {
    if (deps.lagMs() > MAX_LAG_MS) {
      note(request, reply, 'overloaded');
      return refuse(request, reply, OVERLOADED);
    }
    const signature = request.headers['x-kombo-signature'];
    // Reads the body only if the request at least looks signed.
    if (!isSignature(signature)) {
      note(request, reply, 'unsigned');
      return refuse(request, reply, UNSIGNED);
    }
    let body: Buffer;
    try {
      body = await readBody(request.raw, webhookAnswerMs - reply.elapsedTime);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      note(request, reply, UNREADABLE[error.statusCode] ?? 'malformed');
      return refuse(request, reply, error);
    }
    if (!verify(body, signature, deps.config.KOMBO_WEBHOOK_SECRETS)) {
      note(request, reply, 'unsigned');
      return refuse(request, reply, UNSIGNED);
    }

    let delivery: Delivery;
    try {
      delivery = parseDelivery(parseJson(body));
    } catch (error) {
      if (!(error instanceof MalformedDelivery)) throw error;
      note(request, reply, 'malformed');
      return sendError(reply, 400, 'malformed', error.message);
    }

    // Decided by type, so that the setting also covers deliveries that name no integration.
    if (isLegacy(delivery.type) && !deps.config.LEGACY_WEBHOOKS) {
      note(request, reply, 'legacy-off', delivery);
      return reply.send({ status: 'ignored' });
    }
    const notice = noticeOf(delivery);
    const issue = delivery.kind === 'issue' ? delivery.issue : undefined;
    if (!notice && !issue) {
      note(request, reply, 'ignored', delivery);
      return reply.send({ status: 'ignored' });
    }
    const unknown = notice?.models.filter((model) => !known.has(model)) ?? [];
    deps.metrics.unknownModels.inc(unknown.length);
    try {
      await span('delivery', { integration: notice?.integrationId, kind: delivery.kind }, async () => {
        if (issue) await deps.issues.send(issue, webhookAnswerMs - reply.elapsedTime);
        if (notice) await deps.ingest.add(notice, webhookAnswerMs - reply.elapsedTime);
      });
    } catch (error) {
      request.log.warn({ err: error }, 'Temporal did not accept a delivery; its sender is asked to retry');
      note(request, reply, 'unavailable', delivery);
      return refuse(request, reply, NOT_ACCEPTED);
    }
    note(request, reply, 'accepted', delivery);
    return reply.send({ status: 'accepted' });
  };

  return (app: FastifyInstance, _options: unknown, done: () => void): void => {
    // Takes a body as bytes, with any content type, even a misspelt one; `take` reads them.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null));
    app.addHook('onRequest', (request, _reply, next) => {
      delete request.raw.headers['content-type'];
      next();
    });
    app.post(WEBHOOK_PATH, take);
    done();
  };
}

const UNSIGNED = new HttpError(
  401,
  'bad_signature',
  'x-kombo-signature does not match the body; check KOMBO_WEBHOOK_SECRETS.',
);
const OVERLOADED = new HttpError(
  503,
  'not_accepted',
  'The service has too much to do; send the delivery again.',
);
const NOT_ACCEPTED = new HttpError(
  503,
  'not_accepted',
  'Temporal did not accept the delivery; send it again.',
);

/** What Temporal should do for a delivery; undefined if it asks for nothing. */
function noticeOf(delivery: Delivery): Notice | undefined {
  if (delivery.kind === 'ignored') return undefined;
  const { integrationId, tool, category, originId, type } = delivery;
  // It is about the whole environment.
  if (integrationId === undefined) return undefined;
  const about = { integrationId, type, tool, category, originId };
  switch (delivery.kind) {
    case 'lifecycle':
      return { ...about, models: [], change: delivery.change };
    case 'issue':
      return { ...about, models: [], change: { event: 'issue' } };
    case 'legacy':
      return { ...about, models: [], everything: true };
    case 'data-changed': {
      const { models, everything } = delivery;
      if (everything) return { ...about, models, everything };
      return models.length > 0 ? { ...about, models } : undefined;
    }
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
