import { ok, warn, type Check } from './check.ts';

/** Whether `serve` answers on this machine. It may run on another one, so this check never fails. */
export async function checkService(host: string, port: number, timeoutMs: number): Promise<Check> {
  const address = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  const url = `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
  const remedy = 'Start it by: kombo-sync serve. If it runs on another machine, all is well.';
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(timeoutMs) });
    if (response.ok) return ok('Service', `${url} is ready`);
    return warn(
      'Service',
      `${url} answers, but is not ready (HTTP ${response.status})`,
      `Look at ${url}/readyz.`,
    );
  } catch {
    return warn('Service', `nothing answers at ${url}`, remedy);
  }
}
