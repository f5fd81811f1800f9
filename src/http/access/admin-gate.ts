import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Secret } from '../../secret.ts';
import { HttpError } from '../errors/handler.ts';

export const CLOSED_MESSAGE =
  'This is closed because ADMIN_TOKEN is not set; set it, for example to the output of: openssl rand -hex 24.';

const SESSION_COOKIE = 'kombo_sync_session';
const SESSION_SECONDS = 7 * 86_400;

/** Guards the admin API by a bearer token and the status page by a cookie that the token unlocks. */
export function createAdminGate(token: Secret | undefined) {
  // What the cookie holds opens the page but not the API, and says nothing about the token.
  const session = token
    ? createHmac('sha256', token.reveal()).update('kombo-sync status page').digest('base64url')
    : undefined;
  return {
    configured: token !== undefined,
    tokenMatches: (given: string) => token !== undefined && sameText(given, token.reveal()),
    hasSession(request: FastifyRequest): boolean {
      const cookies = (request.headers.cookie ?? '').split(';').map((part) => part.trim());
      const prefix = `${SESSION_COOKIE}=`;
      const given = cookies.find((cookie) => cookie.startsWith(prefix))?.slice(prefix.length);
      return session !== undefined && given !== undefined && sameText(given, session);
    },
    /** Value of `set-cookie` that opens the page, or with `open` false closes it. */
    sessionCookie(request: FastifyRequest, open: boolean): string {
      // Behind a proxy that ends TLS only the header tells; a client that forges it only harms itself.
      const forwarded = request.headers['x-forwarded-proto'];
      const secure = request.protocol === 'https' || forwarded === 'https' ? '; Secure' : '';
      const value = open ? `${session ?? ''}; Max-Age=${SESSION_SECONDS}` : '; Max-Age=0';
      return `${SESSION_COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict${secure}`;
    },
    /** @throws HttpError 403 when there is no token to know, 401 when the caller does not know it. */
    requireToken(request: FastifyRequest): void {
      if (!token) throw new HttpError(403, 'closed', CLOSED_MESSAGE);
      const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
      if (given === undefined || !sameText(given, token.reveal())) {
        throw new HttpError(401, 'unauthorized', 'Send the header: authorization: Bearer <ADMIN_TOKEN>.');
      }
    },
  };
}

export type AdminGate = ReturnType<typeof createAdminGate>;

/** Compares in a time that depends on neither text, not even on their lengths. */
function sameText(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
