import { BlockList, isIPv6 } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { Config } from '../config.ts';

export const WEBHOOK_PATH = '/webhooks/kombo';
/** How senders misspell our address: one slash too many, or capital letters. */
const NEARLY_WEBHOOK = new RegExp(`^${WEBHOOK_PATH.replaceAll('/', '/+')}/*$`, 'i');
const PREFIX = /^(\/[\w.~-]+)+$/;
const PREFIX_MAX_LENGTH = 200;

export interface Addresses {
  /** The address as our routes have it, whether or not a proxy has removed the path of PUBLIC_URL. */
  toLocal(url: string): string;
  /** The path below which a caller sees us, such as `/kombo`; empty at the root. */
  baseOf(request: FastifyRequest): string;
}

/** Maps addresses in front of a proxy to those of our routes. */
export function createAddresses({ PUBLIC_URL, TRUST_PROXY }: Config): Addresses {
  const path = new URL(PUBLIC_URL ?? 'http://root').pathname.replace(/\/$/, '');
  const isTrusted = createTrust(TRUST_PROXY);
  return {
    toLocal(url) {
      const end = url.indexOf('?');
      const [given, query] = end === -1 ? [url, ''] : [url.slice(0, end), url.slice(end)];
      const local = given === path || given.startsWith(`${path}/`) ? given.slice(path.length) || '/' : given;
      return `${NEARLY_WEBHOOK.test(local) ? WEBHOOK_PATH : local}${query}`;
    },
    baseOf(request) {
      if (PUBLIC_URL !== undefined) return path;
      const prefix = request.headers['x-forwarded-prefix'];
      if (typeof prefix !== 'string' || !isTrusted(request.socket.remoteAddress)) return '';
      const base = prefix.replace(/\/$/, '');
      const isPath = PREFIX.test(base) && base.length <= PREFIX_MAX_LENGTH && !/\/\.{1,2}(\/|$)/.test(base);
      return isPath ? base : '';
    },
  };
}

/** Whether a connection comes from a proxy whose headers are believed. */
function createTrust(networks: Config['TRUST_PROXY']): (address: string | undefined) => boolean {
  const trusted = new BlockList();
  const family = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');
  for (const network of networks || []) {
    const [address = '', bits] = network.split('/');
    if (bits === undefined) trusted.addAddress(address, family(address));
    else trusted.addSubnet(address, Number(bits), family(address));
  }
  return (address) => address !== undefined && trusted.check(address, family(address));
}
