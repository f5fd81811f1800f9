import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isIntegrationId } from '../../domain/text.ts';
import type { Store } from '../../store/database.ts';
import { answerKey, claimKey, releaseKey } from '../../store/state/idempotency.ts';
import { HttpError } from '../errors/problems.ts';

const RETRY_AFTER = 2;

/** Keys that requests under way have claimed. */
const taken = new WeakMap<FastifyRequest, { key: string; fence: string }>();

/**
 * Makes acts safe to repeat, for all routes of `app` that change something: the first answer to an idempotency-key is
 * stored, and the same request with the same key gets it again. The answer is not stored if the act was not done, for
 * example because Temporal was away.
 */
export function addIdempotency(app: FastifyInstance, store: Store): void {
  app.addHook('preHandler', async (request, reply) => {
    const key = request.headers['idempotency-key'];
    if (typeof key !== 'string' || request.method === 'GET' || request.method === 'HEAD') return;
    const claim = await claimKey(store, key, fingerprint(request), integrationOf(request));
    switch (claim.kind) {
      case 'first':
        taken.set(request, { key, fence: claim.fence });
        return;
      case 'answered':
        return replay(reply, claim);
      case 'other':
        throw new HttpError(
          422,
          'idempotency_key_reused',
          'This idempotency-key was used for another request; take a new one.',
        );
      case 'running':
        throw new HttpError(
          409,
          'idempotency_key_in_use',
          'The first request with this idempotency-key still runs; ask again to get its answer.',
          { retryAfter: RETRY_AFTER },
        );
    }
  });

  // Stored before it is sent, so that a caller that has received an answer gets the same one again.
  app.addHook('onSend', async (request, reply, payload) => {
    const claim = taken.get(request);
    if (!claim) return payload;
    taken.delete(request);
    const { key, fence } = claim;
    // An invalid request was not done, and can be corrected under the same key.
    const kept = reply.statusCode < 500 && reply.statusCode !== 400 && reply.statusCode !== 422;
    try {
      if (kept) await answerKey(store, key, fence, { status: reply.statusCode, body: textOf(payload) });
      else await releaseKey(store, key, fence);
    } catch (error) {
      // This does not change the act. A key without an answer can be taken over after some minutes.
      request.log.warn({ err: error }, 'The answer to an idempotency-key cannot be kept');
    }
    return payload;
  });
}

/** An answer about an integration is erased with its data. */
function integrationOf({ params, body }: FastifyRequest): string | null {
  for (const named of [params, body]) {
    const id = (named as { id?: unknown } | null | undefined)?.id;
    if (isIntegrationId(id)) return id;
  }
  return null;
}

function replay(reply: FastifyReply, answer: { status: number; body: string }): FastifyReply {
  return reply
    .code(answer.status)
    .header('idempotency-replayed', 'true')
    .type(answer.status < 400 ? 'application/json; charset=utf-8' : 'application/problem+json')
    .send(answer.body);
}

/** The request, independent of the spelling of its JSON and address, because the route's schemas have parsed it. */
function fingerprint(request: FastifyRequest): string {
  const { method, params, query, body } = request;
  const asked = JSON.stringify([method, request.routeOptions.url, params, query, body ?? null]);
  return createHash('sha256').update(asked).digest('hex');
}

function textOf(payload: unknown): string {
  return typeof payload === 'string' ? payload : '';
}
