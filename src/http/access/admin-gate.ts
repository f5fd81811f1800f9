import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Config } from '../../config.ts';
import type { Store } from '../../store/database.ts';
import { endSession, isSessionOpen, openSession } from '../../store/state/sessions.ts';
import type { Addresses } from '../addresses.ts';
import { HttpError } from '../errors/problems.ts';

export const CLOSED_MESSAGE =
  'This is closed because ADMIN_TOKEN is not set; set it, for example to the output of: openssl rand -hex 24.';

const SESSION_COOKIE = 'kombo_sync_session';
const SESSION_SECONDS = 7 * 86_400;
const SESSION_ID = /^[\w-]{43}$/;

/** Guards the admin API with a bearer token, and the status page with a session that the token opens. */
export function createAdminGate(deps: {
  config: Pick<Config, 'ADMIN_TOKEN' | 'PUBLIC_URL'>;
  store: Store;
  addresses: Addresses;
}) {
  const { store, addresses } = deps;
  const { ADMIN_TOKEN: token, PUBLIC_URL: publicUrl } = deps.config;

  /** What Postgres stores of a session: useless to readers of the database, and void once the token changes. */
  const hashOf = (id: string) =>
    createHmac('sha256', token?.reveal() ?? '')
      .update(id)
      .digest('base64url');

  /** Value of `set-cookie`. */
  const cookie = (request: FastifyRequest, id: string, seconds: number) => {
    // Behind a proxy that ends TLS, only the header shows it. A client that forges it harms only itself.
    const forwarded = request.headers['x-forwarded-proto'];
    const isSecure =
      request.protocol === 'https' || forwarded === 'https' || publicUrl?.startsWith('https:') === true;
    const path = addresses.baseOf(request) || '/';
    return `${SESSION_COOKIE}=${id}; Max-Age=${seconds}; Path=${path}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
  };

  return {
    configured: token !== undefined,
    tokenMatches: (given: string) => token !== undefined && sameText(given, token.reveal()),
    /** @returns the cookie with the new session. It opens the page but not the API, and does not reveal the token. */
    async logIn(request: FastifyRequest): Promise<string> {
      const id = randomBytes(32).toString('base64url');
      await openSession(store, hashOf(id), SESSION_SECONDS);
      return cookie(request, id, SESSION_SECONDS);
    },
    async hasSession(request: FastifyRequest): Promise<boolean> {
      const id = sessionId(request);
      return token !== undefined && id !== undefined && (await isSessionOpen(store, hashOf(id)));
    },
    /** Deletes the session. @returns the cookie that replaces it. */
    async logOut(request: FastifyRequest): Promise<string> {
      const id = sessionId(request);
      if (id !== undefined) await endSession(store, hashOf(id));
      return cookie(request, '', 0);
    },
    /** @throws HttpError 403 if no token is set, 401 if the caller does not send it. */
    requireToken(request: FastifyRequest): void {
      if (!token) throw new HttpError(403, 'closed', CLOSED_MESSAGE);
      const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
      if (given === undefined || !sameText(given, token.reveal())) {
        throw new HttpError(401, 'unauthorized', 'Send the header: authorization: Bearer <ADMIN_TOKEN>.');
      }
    },
    /**
     * Whether the browser says that a form was sent by one of our pages. Another site could not read the answer, but it
     * could log you out, or use up the tries of your address. A client that is not a browser says nothing, and has no
     * session.
     */
    isOwnForm(request: FastifyRequest): boolean {
      const { origin, host, 'sec-fetch-site': site } = request.headers;
      if (site !== undefined) return site === 'same-origin' || site === 'none';
      if (origin === undefined) return true;
      const from = URL.parse(origin)?.host;
      return from !== undefined && [host, request.host, URL.parse(publicUrl ?? '')?.host].includes(from);
    },
  };
}

export type AdminGate = ReturnType<typeof createAdminGate>;

function sessionId(request: FastifyRequest): string | undefined {
  const prefix = `${SESSION_COOKIE}=`;
  const cookies = (request.headers.cookie ?? '').split(';').map((part) => part.trim());
  const id = cookies.find((part) => part.startsWith(prefix))?.slice(prefix.length);
  return id !== undefined && SESSION_ID.test(id) ? id : undefined;
}

/** Compares in a time that depends on neither the texts nor their lengths. */
function sameText(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
