import type { FastifyReply, FastifyRequest } from 'fastify';
import { toProblem } from '../errors/handler.ts';
import { postgresAway } from '../errors/outages.ts';
import type { HttpError } from '../errors/problems.ts';
import { NoAnswer } from '../../within.ts';
import { messagePage } from './layout.ts';
import { CONTENT_SECURITY_POLICY } from './style.ts';

/** The live rows of an integration with millions of them are counted meanwhile. */
export const TIMEOUT_MS = 10_000;

export const ELSEWHERE =
  'The form came from another address. Open the status page and use its own form; behind a proxy, set PUBLIC_URL.';

export function sendPage(reply: FastifyReply, status: number, page: string): FastifyReply {
  return reply
    .code(status)
    .headers({
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'cache-control': 'no-store',
      // Without any referrer browsers would not say where a form of ours comes from.
      'referrer-policy': 'same-origin',
    })
    .type('text/html; charset=utf-8')
    .send(page);
}

/** You open pages in a browser, so a page answers. */
export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  error: unknown,
  title = 'Nothing to show',
): FastifyReply {
  const problem = problemOf(error);
  const level = problem.statusCode === 500 ? 'error' : 'warn';
  request.log[level]({ err: error }, `The status page: ${problem.message}`);
  return sendPage(reply, problem.statusCode, problemPage(problem, title));
}

function problemOf(error: unknown): HttpError {
  // What has taken too long while Temporal was asked within bounds of its own is Postgres.
  return error instanceof NoAnswer ? postgresAway(error) : toProblem(error as Error);
}

function problemPage({ code, message }: HttpError, title: string): string {
  const more = code === 'database_unavailable' ? ' Webhooks are still accepted.' : '';
  return messagePage(title, `${message}${more}`);
}
