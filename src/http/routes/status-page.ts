import type { FastifyInstance, FastifyReply } from 'fastify';
import { listOverview } from '../../store/overview.ts';
import { fullSyncScheduleId } from '../../temporal/names.ts';
import type { HttpDeps } from '../deps.ts';
import { CLOSED_MESSAGE, type AdminGate } from '../plugins/admin-token.ts';
import { loginPage, messagePage, statusPage } from '../status-page/page.ts';
import { CONTENT_SECURITY_POLICY } from '../status-page/style.ts';
import { within } from '../within.ts';

const TIMEOUT_MS = 2_000;

/** `GET /`: how every integration is doing, on one page for people, behind the admin token. */
export function statusPageRoutes(deps: HttpDeps & { gate: AdminGate }) {
  const { config, gate, store, temporal } = deps;
  return (app: FastifyInstance, _options: unknown, done: () => void): void => {
    app.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: 4_096 },
      (_request, body, parsed) => parsed(null, new URLSearchParams(body.toString())),
    );

    app.get('/', async (request, reply) => {
      if (!gate.configured) return sendPage(reply, 403, messagePage(CLOSED_MESSAGE));
      if (!gate.hasSession(request)) return sendPage(reply, 401, loginPage());
      const temporalUi = deps.temporalUiUrl
        ? { url: deps.temporalUiUrl.replace(/\/+$/, ''), namespace: temporal.namespace }
        : undefined;
      try {
        const [{ integrations }, nextFullSyncs] = await Promise.all([
          within(TIMEOUT_MS, listOverview(store, {}, config.EXTRA_ENDPOINTS)),
          readNextFullSyncs(deps),
        ]);
        const data = { now: new Date(), integrations, nextFullSyncs, ...(temporalUi ? { temporalUi } : {}) };
        return sendPage(reply, 200, statusPage(data));
      } catch (error) {
        request.log.warn({ err: error }, 'The status page cannot read from Postgres');
        const message = 'Postgres does not answer, so there is nothing to show. Webhooks are still accepted.';
        return sendPage(reply, 503, messagePage(message));
      }
    });

    app.post('/login', async (request, reply) => {
      if (!gate.configured) return sendPage(reply, 403, messagePage(CLOSED_MESSAGE));
      const token = request.body instanceof URLSearchParams ? request.body.get('token') : null;
      if (token === null || !gate.tokenMatches(token.trim())) {
        return sendPage(reply, 401, loginPage('This is not the admin token.'));
      }
      return reply.header('set-cookie', gate.sessionCookie(request, true)).redirect('/', 303);
    });

    app.post('/logout', async (request, reply) =>
      reply.header('set-cookie', gate.sessionCookie(request, false)).redirect('/', 303),
    );
    done();
  };
}

/** The next full sync of each integration, from the schedules themselves; undefined when Temporal does not answer. */
async function readNextFullSyncs({ temporal }: HttpDeps): Promise<Map<string, Date> | undefined> {
  const prefix = fullSyncScheduleId('');
  const read = async () => {
    const next = new Map<string, Date>();
    for await (const schedule of temporal.client.schedule.list({ pageSize: 1_000 })) {
      const [at] = schedule.info.nextActionTimes;
      if (at && schedule.scheduleId.startsWith(prefix))
        next.set(schedule.scheduleId.slice(prefix.length), at);
    }
    return next;
  };
  const bounded = temporal.client.withDeadline(Date.now() + TIMEOUT_MS, read);
  return within(TIMEOUT_MS, bounded).catch(() => undefined);
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
