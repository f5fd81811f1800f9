import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Config } from '../../config.ts';
import type { Store } from '../../store/database.ts';
import type { Secret } from '../../secret.ts';
import { endSession, openSession, openSessionOf } from '../../store/state/sessions.ts';
import type { Addresses } from '../addresses.ts';
import { HttpError } from '../errors/problems.ts';

export const CLOSED_MESSAGE =
  'This is closed because ADMIN_TOKEN is not set; set it, for example to the output of: openssl rand -hex 24.';

const SESSION_COOKIE = 'kombo_sync_session';
const SESSION_SECONDS = 7 * 86_400;
const SESSION_ID = /^[\w-]{43}$/;

/** What a token lets its holder do. */
export type Role = 'admin' | 'viewer';

export interface Session {
  role: Role;
  /** What forms of the session's pages carry: another site cannot know it, nor can another session. */
  formToken: string;
}

/**
 * Guards the admin API by a bearer token, and the status page by a session that the token opens. With ADMIN_TOKEN you may do
 * everything, with VIEWER_TOKEN you may read.
 */
export function createAdminGate(deps: {
  config: Pick<Config, 'ADMIN_TOKEN' | 'VIEWER_TOKEN' | 'PUBLIC_URL'>;
  store: Store;
  addresses: Addresses;
}) {
  const { store, addresses } = deps;
  const { ADMIN_TOKEN: admin, VIEWER_TOKEN: viewer, PUBLIC_URL: publicUrl } = deps.config;
  const tokens: { role: Role; token: Secret }[] = [];
  if (admin) tokens.push({ role: 'admin', token: admin });
  if (viewer) tokens.push({ role: 'viewer', token: viewer });

  const roleOf = (given: string): Role | undefined =>
    // Each is compared: how long that takes says nothing of either.
    tokens.filter(({ token }) => sameText(given, token.reveal())).at(0)?.role;

  /**
   * What Postgres holds of a session: of no use to readers of the database, and void once the token is another one. It also
   * says which token has opened it.
   */
  const hashOf = (id: string, role: Role) =>
    createHmac('sha256', tokens.find((one) => one.role === role)?.token.reveal() ?? '')
      .update(id)
      .digest('base64url');

  const formTokenOf = (id: string, role: Role) => hashOf(`form ${id}`, role);

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
    configured: tokens.length > 0,
    roleOf,
    /** @returns the cookie that holds the new session. It opens the page but not the API, and says nothing about the token. */
    async logIn(request: FastifyRequest, role: Role): Promise<string> {
      const id = randomBytes(32).toString('base64url');
      await openSession(store, hashOf(id, role), SESSION_SECONDS);
      return cookie(request, id, SESSION_SECONDS);
    },
    async sessionOf(request: FastifyRequest): Promise<Session | undefined> {
      const id = sessionId(request);
      if (id === undefined) return undefined;
      const open = await openSessionOf(
        store,
        tokens.map(({ role }) => hashOf(id, role)),
      );
      const found = tokens.find(({ role }) => hashOf(id, role) === open);
      return found && { role: found.role, formToken: formTokenOf(id, found.role) };
    },
    /** Deletes the session. @returns the cookie that replaces it. */
    async logOut(request: FastifyRequest): Promise<string> {
      const id = sessionId(request);
      if (id !== undefined) for (const { role } of tokens) await endSession(store, hashOf(id, role));
      return cookie(request, '', 0);
    },
    /** @throws HttpError 403 when there is no token to know or it only reads, 401 when the caller does not know it. */
    requireToken(request: FastifyRequest): void {
      if (tokens.length === 0) throw new HttpError(403, 'closed', CLOSED_MESSAGE);
      const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
      const role = given === undefined ? undefined : roleOf(given);
      if (role === undefined) {
        throw new HttpError(401, 'unauthorized', 'Send the header: authorization: Bearer <ADMIN_TOKEN>.');
      }
      if (role === 'viewer' && request.method !== 'GET' && request.method !== 'HEAD') {
        throw new HttpError(403, 'read_only', 'VIEWER_TOKEN only reads. Send ADMIN_TOKEN for this.');
      }
    },
    /** Whether a form carries what only pages of this session hold. */
    isOfSession: ({ formToken }: Session, given: string | null): boolean =>
      given !== null && sameText(given, formToken),
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
