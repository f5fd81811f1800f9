const LOOPBACK = ['127.0.0.1', 'localhost', '::1'];

/**
 * Whatever proxy the environment names, this machine is reached without it. Temporal's client and Node's `fetch` each read
 * names of their own, when they connect.
 */
export function keepLoopbackDirect(env: NodeJS.ProcessEnv = process.env): void {
  const given = env['no_proxy'] || env['NO_PROXY'];
  env['no_proxy'] = env['NO_PROXY'] = withLoopback(given);
  if (env['no_grpc_proxy']) env['no_grpc_proxy'] = withLoopback(env['no_grpc_proxy']);
}

function withLoopback(list = ''): string {
  return [...new Set([...list.split(',').filter((host) => host !== ''), ...LOOPBACK])].join(',');
}
