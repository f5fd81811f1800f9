import http from 'node:http';
import { ConfigError } from '../config-error.ts';
import { isThisMachine, THIS_MACHINE } from '../config-values.ts';
import { environment, type Config } from '../config.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Keeps connections to this machine away from a proxy in the environment. Temporal's client and Node's `fetch` each
 * read their own variables when they connect.
 */
export function keepLoopbackDirect(env: NodeJS.ProcessEnv = environment()): void {
  const given = env['no_proxy'] || env['NO_PROXY'];
  env['no_proxy'] = env['NO_PROXY'] = withLoopback(given);
  if (env['no_grpc_proxy']) env['no_grpc_proxy'] = withLoopback(env['no_grpc_proxy']);
}

function withLoopback(list = ''): string {
  return [...new Set([...list.split(',').filter((host) => host !== ''), ...THIS_MACHINE])].join(',');
}

const USES_ENVIRONMENT = ['1', 'true'];

/**
 * Sends requests to Kombo through the proxy of the settings: KOMBO_PROXY, or with NODE_USE_ENV_PROXY that of the
 * environment. Node itself reads the environment only when it starts, before `.env`.
 *
 * @throws ConfigError if Node is too old for KOMBO_PROXY.
 */
export function routeKombo({ KOMBO_PROXY }: Pick<Config, 'KOMBO_PROXY'>, env: Env = environment()): void {
  const set: typeof http.setGlobalProxyFromEnv | undefined = http.setGlobalProxyFromEnv;
  if (KOMBO_PROXY) {
    if (!set) {
      const remedy = 'use that, or with Node 22.21 set NODE_USE_ENV_PROXY=1 and HTTPS_PROXY instead';
      throw new ConfigError([{ name: 'KOMBO_PROXY', problem: 'needs Node 24.14 or newer', remedy }]);
    }
    const proxy = KOMBO_PROXY.reveal();
    set({ HTTP_PROXY: proxy, HTTPS_PROXY: proxy, NO_PROXY: THIS_MACHINE.join(',') });
  } else if (set && USES_ENVIRONMENT.includes(env['NODE_USE_ENV_PROXY'] ?? '')) {
    set({ ...env });
  }
}

/** The proxy between this process and Kombo as host:port, without its password, for messages; undefined if there is none. */
export function komboProxy(
  { KOMBO_PROXY, KOMBO_API_URL }: Pick<Config, 'KOMBO_PROXY' | 'KOMBO_API_URL'>,
  env: Env = environment(),
): string | undefined {
  const { protocol, hostname } = new URL(KOMBO_API_URL);
  if (isThisMachine(hostname)) return undefined;
  if (KOMBO_PROXY) return new URL(KOMBO_PROXY.reveal()).host;
  if (!USES_ENVIRONMENT.includes(env['NODE_USE_ENV_PROXY'] ?? '')) return undefined;
  const name = protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const proxy = env[name] || env[name.toUpperCase()];
  const isLeftOut = isListed(hostname, env['no_proxy'] || env['NO_PROXY']);
  return proxy && !isLeftOut ? URL.parse(proxy)?.host : undefined;
}

interface ConnectProxy {
  /** host:port */
  address: string;
  user?: { username: string; password: string };
}

/**
 * The proxy that Temporal's client uses for an address. It has its own rules for the environment, with lower-case
 * names: https://github.com/grpc/grpc/blob/master/doc/environment_variables.md. The workers' client reads no variables,
 * so it gets the proxy from here.
 */
export function temporalProxy(address: string, env: Env = environment()): ConnectProxy | undefined {
  const proxy = URL.parse(env['grpc_proxy'] || env['https_proxy'] || env['http_proxy'] || '');
  if (proxy?.protocol !== 'http:') return undefined;
  const host = address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  if (isListed(host, env['no_grpc_proxy'] || env['no_proxy'])) return undefined;
  const { hostname, port, username, password } = proxy;
  const user = { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  return { address: `${hostname}:${port || '80'}`, ...(username ? { user } : {}) };
}

/** Whether a list such as `.example.com,10.0.0.1` contains a host or its domain. */
function isListed(host: string, list = ''): boolean {
  return list
    .split(',')
    .map((entry) => entry.trim())
    .some((entry) => entry !== '' && (entry === '*' || entry === host || host.endsWith(entry)));
}
