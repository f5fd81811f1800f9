import { createHash, timingSafeEqual } from 'node:crypto';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { z } from 'zod';
import { isThisMachine } from '../config-values.ts';
import type { Secret } from '../secret.ts';
import { UnreadablePayload } from '../temporal/payloads/aes.ts';

export interface CodecServerOptions {
  codecs: readonly PayloadCodec[];
  /** Without one, requests have to come from this machine by its own name. */
  token: Secret | undefined;
  /** Where Temporal's UI is: the only pages that may ask. */
  origins: readonly string[];
}

/** A page of a history in Temporal's UI is far below this. */
const LONGEST_BODY = 16 * 1024 ** 2;
const MOST_PAYLOADS = 10_000;

const base64 = z.base64();
const bodySchema = z.object({
  payloads: z
    .array(z.object({ metadata: z.record(z.string(), base64).optional(), data: base64.optional() }))
    .max(MOST_PAYLOADS),
});

/**
 * The remote codec of Temporal's UI and CLI (`/encode`, `/decode`): https://docs.temporal.io/remote-data-encoding. Who may ask
 * it may read what is encrypted, so it is closed unless the caller has the token, or is on this machine.
 */
export function buildCodecServer({ codecs, token, origins }: CodecServerOptions): FastifyInstance {
  const app = fastify({ bodyLimit: LONGEST_BODY });
  app.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers;
    if (origin !== undefined && !origins.includes(origin)) {
      return refuse(
        reply,
        403,
        `Pages of ${origin.slice(0, 200)} may not ask. Start with --origin to allow them.`,
      );
    }
    if (origin !== undefined) allow(reply, origin);
    if (request.method === 'OPTIONS') return reply.code(204).send();
    return checkCaller(request, reply, token);
  });
  // Answered above; without a route it would count as unknown.
  app.options('/*', async () => {});
  const work = (way: 'encode' | 'decode') => async (request: FastifyRequest, reply: FastifyReply) => {
    const { data: body, success } = bodySchema.safeParse(request.body);
    if (!success)
      return refuse(reply, 400, 'The body must be {"payloads":[{"metadata":{},"data":""}]}, in base64.');
    let payloads = body.payloads.map(fromJson);
    for (const codec of way === 'encode' ? codecs : codecs.toReversed())
      payloads = await codec[way](payloads);
    return { payloads: payloads.map(toJson) };
  };
  app.post('/encode', work('encode'));
  app.post('/decode', work('decode'));
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.setErrorHandler<Error & { statusCode?: number }>((error, _request, reply) => {
    if (error instanceof UnreadablePayload) return refuse(reply, 400, error.message);
    const { statusCode = 500 } = error;
    // What a codec or a parser says may quote what it was given.
    return refuse(
      reply,
      statusCode,
      statusCode < 500 ? 'The request cannot be read.' : 'The codec has failed.',
    );
  });
  return app;
}

/** What a browser needs to know before it hands an answer to a page. */
function allow(reply: FastifyReply, origin: string): void {
  void reply.headers({
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-allow-methods': 'POST, OPTIONS',
    'access-control-allow-headers': 'authorization, content-type, x-namespace',
    vary: 'origin',
  });
}

function checkCaller(request: FastifyRequest, reply: FastifyReply, token: Secret | undefined) {
  if (token === undefined) {
    // A name of another site that leads here would make its page one of this machine.
    if (isThisMachine(request.hostname)) return undefined;
    return refuse(reply, 403, 'Without CODEC_SERVER_TOKEN this answers only to localhost.');
  }
  const [, given = ''] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (timingSafeEqual(digest(given), digest(token.reveal()))) return undefined;
  return refuse(reply, 401, 'Send the header: authorization: Bearer <CODEC_SERVER_TOKEN>.');
}

const digest = (text: string) => createHash('sha256').update(text).digest();

const refuse = (reply: FastifyReply, code: number, message: string) => reply.code(code).send({ message });

type JsonPayload = z.infer<typeof bodySchema>['payloads'][number];

function fromJson({ metadata = {}, data }: JsonPayload): Payload {
  const entries = Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')]);
  return {
    metadata: Object.fromEntries(entries) as Record<string, Buffer>,
    data: Buffer.from(data ?? '', 'base64'),
  };
}

function toJson({ metadata, data }: Payload): JsonPayload {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => [name, text(value)]);
  return {
    metadata: Object.fromEntries(entries) as Record<string, string>,
    data: text(data ?? new Uint8Array()),
  };
}
