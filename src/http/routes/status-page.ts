import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { cutoverReport } from '../../operations/cutover.ts';
import type { HttpDeps } from '../deps.ts';
import { describeOutage, postgresAway } from '../outages.ts';
import { HttpError } from '../plugins/problems.ts';
import { CLOSED_MESSAGE, type AdminGate } from '../plugins/admin-token.ts';
import { cutoverPage } from '../status-page/cutover-page.ts';
import { integrationPage, unknownIntegrationPage } from '../status-page/integration-page.ts';
import { loginPage, messagePage, type Frame } from '../status-page/layout.ts';
import { listPage } from '../status-page/list-page.ts';
import { localAddress, readQuery } from '../status-page/query.ts';
import { readIntegration, readList } from '../status-page/read.ts';
import { CONTENT_SECURITY_POLICY } from '../status-page/style.ts';
import { NoAnswer, within } from '../within.ts';

/** The live rows of an integration with millions of them are counted meanwhile. */
const TIMEOUT_MS = 10_000;
/** Looks at every integration. */
const CUTOVER_TIMEOUT_MS = 30_000;
/** Lists every schedule. */
const CUTOVER_TEMPORAL_MS = 10_000;

/** The one character that Postgres cannot hold, not even to look for it. */
const NUL = '%00';
const NUL_MESSAGE = 'The address holds a character that nothing here is named with.';

/** `GET /` and the pages under it: how every integration is doing, for people, behind the admin token. */
export function statusPageRoutes(deps: HttpDeps & { gate: AdminGate }) {
  const { gate } = deps;
  return (app: FastifyInstance, _options: unknown, done: () => void): void => {
    app.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: 4_096 },
      (_request, body, parsed) => parsed(null, new URLSearchParams(body.toString())),
    );

    /** A page behind the login; `read` looks things up, `show` makes them a page and its status. */
    const get = <Params, Data>(
      path: string,
      timeoutMs: number,
      read: (frame: Frame, params: Params) => Promise<Data>,
      show: (frame: Frame, data: Data, params: Params) => string | [number, string],
    ) => {
      app.get(path, async (request, reply) => {
        if (!gate.configured) return sendPage(reply, 403, messagePage('Closed', CLOSED_MESSAGE));
        if (!gate.hasSession(request)) return sendPage(reply, 401, loginPage(request.url));
        if (request.url.includes(NUL)) return sendPage(reply, 400, messagePage('Not valid', NUL_MESSAGE));
        const frame = frameOf(deps, request);
        const params = request.params as Params;
        let data: Data;
        try {
          data = await within(timeoutMs, read(frame, params));
        } catch (error) {
          const problem = toProblem(error);
          const level = problem.statusCode === 500 ? 'error' : 'warn';
          request.log[level]({ err: error }, `The status page: ${problem.message}`);
          return sendPage(reply, problem.statusCode, problemPage(problem));
        }
        const shown = show(frame, data, params);
        return typeof shown === 'string' ? sendPage(reply, 200, shown) : sendPage(reply, ...shown);
      });
    };

    get(
      '/',
      TIMEOUT_MS,
      (frame) => readList(deps, frame.query),
      (frame, data) => listPage({ ...frame, ...data }),
    );

    get(
      '/integrations/:id',
      TIMEOUT_MS,
      (_frame, params: { id: string }) => readIntegration(deps, params.id),
      (frame, data, { id }) =>
        data ? integrationPage({ ...frame, ...data }) : [404, unknownIntegrationPage(frame, id)],
    );

    get(
      '/cutover',
      CUTOVER_TIMEOUT_MS,
      () => deps.temporal.client.withDeadline(Date.now() + CUTOVER_TEMPORAL_MS, () => cutoverReport(deps)),
      (frame, report) => cutoverPage({ ...frame, report }),
    );

    app.post('/login', { errorHandler: sendLoginProblem }, async (request, reply) => {
      if (!gate.configured) return sendPage(reply, 403, messagePage('Closed', CLOSED_MESSAGE));
      const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
      const next = localAddress(form.get('next'));
      const token = form.get('token');
      if (token === null || !gate.tokenMatches(token.trim())) {
        return sendPage(reply, 401, loginPage(next, 'This is not the admin token.'));
      }
      return reply.header('set-cookie', gate.sessionCookie(request, true)).redirect(next, 303);
    });

    app.post('/logout', async (request, reply) =>
      reply.header('set-cookie', gate.sessionCookie(request, false)).redirect('/', 303),
    );
    done();
  };
}

function frameOf({ config, temporal, temporalUiUrl }: HttpDeps, request: FastifyRequest): Frame {
  const url = temporalUiUrl ?? config.TEMPORAL_UI_URL;
  return {
    now: new Date(),
    query: readQuery(request.query),
    temporalUi: url === undefined ? undefined : { url, namespace: temporal.namespace },
  };
}

/** What has taken too long while Temporal was asked within bounds of its own is Postgres. */
function toProblem(error: unknown): HttpError {
  const outage = error instanceof NoAnswer ? postgresAway(error) : describeOutage(error);
  return outage ?? new HttpError(500, 'internal', 'Something went wrong here; the log says what.');
}

function problemPage({ code, message }: HttpError): string {
  const more = code === 'database_unavailable' ? ' Webhooks are still accepted.' : '';
  return messagePage('Nothing to show', `${message}${more}`);
}

/** People have sent the form, and a page answers people. */
function sendLoginProblem(error: Error, _request: FastifyRequest, reply: FastifyReply): void {
  if (!(error instanceof HttpError)) throw error;
  if (error.retryAfter !== undefined) reply.header('retry-after', error.retryAfter);
  sendPage(reply, error.statusCode, loginPage('/', error.message));
}

function sendPage(reply: FastifyReply, status: number, page: string): FastifyReply {
  return reply
    .code(status)
    .headers({
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
    .type('text/html; charset=utf-8')
    .send(page);
}
