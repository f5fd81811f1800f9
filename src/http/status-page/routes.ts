import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isIntegrationId } from '../../domain/text.ts';
import { cutoverReport } from '../../operations/cutover.ts';
import type { Addresses } from '../addresses.ts';
import { temporalUiOf, type HttpDeps } from '../deps.ts';
import type { HttpError } from '../errors/problems.ts';
import { CLOSED_MESSAGE, type AdminGate, type Session } from '../access/admin-gate.ts';
import { noteRefusal } from '../access/refusals.ts';
import type { TemporalLinks } from '../../temporal/ui.ts';
import type { Sampler } from '../access/sampling.ts';
import type { Metrics } from '../monitoring/metrics.ts';
import { cutoverPage } from './cutover-page.ts';
import { integrationPage, unknownIntegrationPage } from './integration-page.ts';
import { loginPage, messagePage, type Frame } from './layout.ts';
import { actRoutes } from './act-routes.ts';
import { listPage } from './list-page.ts';
import { createLinks, localAddress, readQuery } from './query.ts';
import { readIntegration, readList, type PageDeps } from './read.ts';
import { ELSEWHERE, sendPage, sendProblem, TIMEOUT_MS } from './send.ts';
import { within } from '../../within.ts';

/** Looks at every integration. */
const CUTOVER_TIMEOUT_MS = 30_000;
/** Temporal lists every schedule for it. */
const CUTOVER_TEMPORAL_MS = 10_000;

/** The one character that Postgres cannot hold, not even in a search. */
const NUL = '%00';
const NO_ID_MESSAGE = 'What the address names cannot be the id of an integration.';
const NUL_MESSAGE = 'The address contains a character that no name here has.';

/** `GET /` and the pages below it: the state of every integration, behind the admin token. */
export function statusPageRoutes(
  deps: HttpDeps &
    PageDeps & {
      gate: AdminGate;
      addresses: Addresses;
      metrics: Metrics;
      sample: Sampler;
      links: TemporalLinks;
    },
) {
  const { gate, addresses } = deps;
  const linksOf = (request: FastifyRequest) => createLinks(addresses.baseOf(request));
  const frameOf = (request: FastifyRequest, session: Session): Frame => ({
    now: new Date(),
    query: readQuery(request.query),
    temporalUi: temporalUiOf(deps),
    links: linksOf(request),
    session,
  });
  return (app: FastifyInstance, _options: unknown, done: () => void): void => {
    app.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: 4_096 },
      (_request, body, parsed) => parsed(null, new URLSearchParams(body.toString())),
    );

    /** A page behind the login. `read` fetches the data; `show` makes a page and its status from it. */
    const get = <Params, Data>(
      path: string,
      timeoutMs: number,
      read: (frame: Frame, params: Params) => Promise<Data>,
      show: (frame: Frame, data: Data, params: Params) => string | [number, string],
    ) => {
      app.get(path, async (request, reply) => {
        if (!gate.configured) return sendPage(reply, 403, messagePage('Closed', CLOSED_MESSAGE));
        const links = linksOf(request);
        const params = request.params as Params;
        let frame: Frame;
        let data: Data;
        try {
          const session = await within(timeoutMs, gate.sessionOf(request));
          if (!session) return sendPage(reply, 401, loginPage(links, request.url));
          frame = frameOf(request, session);
          if (request.url.includes(NUL)) return sendPage(reply, 400, messagePage('Not valid', NUL_MESSAGE));
          data = await within(timeoutMs, read(frame, params));
        } catch (error) {
          return sendProblem(request, reply, error);
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
      async (_frame, { id }: { id: string }) => (isIntegrationId(id) ? readIntegration(deps, id) : null),
      (frame, data, { id }) => {
        if (data === null) return [400, messagePage('Not valid', NO_ID_MESSAGE)];
        return data ? integrationPage({ ...frame, ...data }) : [404, unknownIntegrationPage(frame, id)];
      },
    );

    get(
      '/cutover',
      CUTOVER_TIMEOUT_MS,
      () => deps.temporal.client.withDeadline(Date.now() + CUTOVER_TEMPORAL_MS, () => cutoverReport(deps)),
      (frame, report) => cutoverPage({ ...frame, report }),
    );

    actRoutes(app, { ...deps, frameOf });

    app.post('/login', async (request, reply) => {
      if (!gate.configured) return sendPage(reply, 403, messagePage('Closed', CLOSED_MESSAGE));
      if (!gate.isOwnForm(request)) return sendPage(reply, 403, messagePage('Not logged in', ELSEWHERE));
      const links = linksOf(request);
      const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
      const next = localAddress(form.get('next'));
      const role = gate.roleOf(form.get('token')?.trim() ?? '');
      if (role === undefined) {
        noteRefusal(deps, request, { at: 'login', code: 'unauthorized' });
        const tooMany = await app.limits.countLogin(request, reply).catch((error: HttpError) => error);
        if (!tooMany) return sendPage(reply, 401, loginPage(links, next, 'This is not the token.'));
        if (tooMany.retryAfter !== undefined) reply.header('retry-after', tooMany.retryAfter);
        return sendPage(reply, tooMany.statusCode, loginPage(links, next, tooMany.message));
      }
      try {
        const cookie = await within(TIMEOUT_MS, gate.logIn(request, role));
        return reply.header('set-cookie', cookie).redirect(links.to(next), 303);
      } catch (error) {
        return sendProblem(request, reply, error);
      }
    });

    app.post('/logout', async (request, reply) => {
      if (!gate.isOwnForm(request)) return sendPage(reply, 403, messagePage('Not logged out', ELSEWHERE));
      try {
        const cookie = await within(TIMEOUT_MS, gate.logOut(request));
        return reply.header('set-cookie', cookie).redirect(linksOf(request).to('/'), 303);
      } catch (error) {
        return sendProblem(request, reply, error);
      }
    });
    done();
  };
}
