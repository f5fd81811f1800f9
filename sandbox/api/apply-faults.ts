import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import { ApiError, sendError } from './errors.ts';
import { faultOf, type Fault } from './faults.ts';

const BALANCER_PAGE =
  '<html><head><title>503 Service Temporarily Unavailable</title></head><body><h1>503</h1></body></html>';

/** Carries out the faults that come before an answer. True if the request needs no other answer. */
export async function applyFaults(reply: FastifyReply, faults: readonly Fault[]): Promise<boolean> {
  const slow = faultOf(faults, 'delay');
  if (slow) await delay(slow.ms);
  const stall = faultOf(faults, 'stall');
  if (stall && (await hold(reply, stall.ms)) === 'gone') {
    reply.hijack();
    return true;
  }
  for (const fault of faults) {
    switch (fault.kind) {
      case 'reset':
        reply.hijack();
        reply.raw.socket?.resetAndDestroy();
        return true;
      case 'unavailable':
        reply.code(503).type('text/html').send(BALANCER_PAGE);
        return true;
      case 'status':
        reply.code(fault.status).headers(fault.headers).type(fault.contentType).send(fault.body);
        return true;
      case 'error':
        sendError(reply, new ApiError(fault.code, 'A fault on demand.', fault.status));
        return true;
      case 'rate-limit':
        if (fault.retryAfter !== undefined) reply.header('retry-after', String(fault.retryAfter));
        reply.headers({ 'ratelimit-remaining': '0', 'ratelimit-reset': String(fault.reset ?? 60) });
        sendError(reply, new ApiError('PLATFORM.RATE_LIMIT_EXCEEDED', 'Too many requests.'));
        return true;
      case 'truncate':
      case 'stall':
      case 'delay':
      case 'refuse-cursor':
      case 'repeat-cursor':
      case 'empty-page':
      case 'clock-skew':
        break;
    }
  }
  return false;
}

/** Waits until the time has passed or the client has left. */
async function hold(reply: FastifyReply, ms: number | undefined): Promise<'over' | 'gone'> {
  return new Promise((resolve) => {
    const timer = ms === undefined ? undefined : setTimeout(() => resolve('over'), ms);
    reply.raw.once('close', () => {
      clearTimeout(timer);
      resolve('gone');
    });
  });
}
