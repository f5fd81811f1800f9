const LOOPBACK = ['127.0.0.1', 'localhost', '::1'];

/**
 * Keeps connections to this machine away from the proxy that the environment may name. Temporal's client and Node's `fetch`
 * each read variables of their own when they connect.
 */
export function keepLoopbackDirect(env: NodeJS.ProcessEnv = process.env): void {
  const given = env['no_proxy'] || env['NO_PROXY'];
  env['no_proxy'] = env['NO_PROXY'] = withLoopback(given);
  if (env['no_grpc_proxy']) env['no_grpc_proxy'] = withLoopback(env['no_grpc_proxy']);
}

function withLoopback(list = ''): string {
  return [...new Set([...list.split(',').filter((host) => host !== ''), ...LOOPBACK])].join(',');
}
