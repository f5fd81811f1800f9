import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isIntegrationId } from '../../domain/text.ts';
import { pauseIntegration, resumeIntegration } from '../../operations/integrations.ts';
import type { OperationDeps } from '../../operations/deps.ts';
import { OperationError } from '../../operations/errors.ts';
import { cancelSyncs, fullSync, syncNow } from '../../operations/syncs.ts';
import type { TemporalLinks } from '../../temporal/ui.ts';
import type { HttpDeps } from '../deps.ts';
import type { AdminGate, Session } from '../access/admin-gate.ts';
import { act } from '../api/acting.ts';
import { actHeaders } from '../api/schemas/acts.ts';
import { failureProblem } from '../errors/outages.ts';
import { NoAnswer, within } from '../../within.ts';
import { actPage, ACTS } from './act-forms.ts';
import { messagePage, type Frame } from './layout.ts';
import { ACT_NAMES, type ActName } from './query.ts';
import { ELSEWHERE, sendPage, sendProblem, TIMEOUT_MS } from './send.ts';

const EXPIRED =
  'The form is not of your session, which may have ended. Open the page of the integration again.';
const READS_ONLY =
  'You have logged in with VIEWER_TOKEN, which only reads. Log in with ADMIN_TOKEN for this.';

type Work = (deps: OperationDeps, id: string, reason: string | undefined) => Promise<unknown>;

const WORK: Record<ActName, Work> = {
  'sync-now': (deps, id) => syncNow(deps, id, {}),
  'full-sync': (deps, id) => fullSync(deps, id, {}),
  pause: (deps, id, reason = '') => pauseIntegration(deps, id, reason),
  resume: (deps, id, reason) => resumeIntegration(deps, id, { reason }),
  cancel: (deps, id, reason) => cancelSyncs(deps, id, { reason }),
};

interface ActRouteDeps extends HttpDeps {
  gate: AdminGate;
  links: TemporalLinks;
  frameOf(request: FastifyRequest, session: Session): Frame;
}

interface ActParams {
  id: string;
  act: string;
}

/** Forms for what the command line and the API do as well. They work without scripts, and only from pages of your own session. */
export function actRoutes(app: FastifyInstance, deps: ActRouteDeps): void {
  const { gate } = deps;
  const path = '/integrations/:id/acts/:act';

  /** Who asks for what; undefined after an answer. */
  const admit = async (request: FastifyRequest, reply: FastifyReply) => {
    const { id, act: name } = request.params as ActParams;
    const session = await within(TIMEOUT_MS, gate.sessionOf(request));
    const found = ACT_NAMES.find((one) => one === name);
    if (!session) sendPage(reply, 401, messagePage('Not logged in', EXPIRED));
    else if (session.role !== 'admin') sendPage(reply, 403, messagePage('Not done', READS_ONLY));
    else if (!found || !isIntegrationId(id))
      sendPage(reply, 404, messagePage('Not found', 'There is no such act.'));
    else return { id, name: found, session, frame: deps.frameOf(request, session) };
    return undefined;
  };

  app.get(path, async (request, reply) => {
    try {
      const asked = await admit(request, reply);
      if (!asked) return reply;
      return sendPage(reply, 200, actPage(asked.frame, asked.id, asked.name));
    } catch (error) {
      return sendProblem(request, reply, error);
    }
  });

  app.post(path, async (request, reply) => {
    if (!gate.isOwnForm(request)) return sendPage(reply, 403, messagePage('Not done', ELSEWHERE));
    const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
    let asked: Awaited<ReturnType<typeof admit>>;
    try {
      asked = await admit(request, reply);
    } catch (error) {
      return sendProblem(request, reply, error);
    }
    if (!asked) return reply;
    const { id, name, session, frame } = asked;
    if (!gate.isOfSession(session, form.get('form'))) {
      return sendPage(reply, 403, messagePage('Not done', EXPIRED));
    }
    const reason = form.get('reason')?.trim() || undefined;
    const headers = actHeaders.safeParse(request.headers).data ?? {};
    try {
      await app.limits.countAllowed(request, reply);
      await act(deps, { ip: request.ip, headers }, (own) => WORK[name](own, id, reason), { source: 'page' });
    } catch (error) {
      if (error instanceof OperationError && error.refusal === 'invalid' && ACTS[name].reason !== 'none') {
        const slip = { reason: reason ?? '', message: error.message };
        return sendPage(reply, 400, actPage(frame, id, name, slip));
      }
      // It may still be done, so it says more than that Postgres is late.
      const problem = error instanceof NoAnswer ? failureProblem(error) : error;
      return sendProblem(request, reply, problem, `${ACTS[name].label}: not done`);
    }
    return reply.redirect(frame.links.done(id, name), 303);
  });
}
