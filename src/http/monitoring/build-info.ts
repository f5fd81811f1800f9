import { Gauge, type Registry } from 'prom-client';
import { packageVersion } from '../../version.ts';

/** Says which process is scraped, and its version. */
export function showBuild(registry: Registry, process: 'serve' | 'worker'): void {
  new Gauge({
    name: 'kombo_sync_build_info',
    help: 'Always 1; which process this is (serve, worker), and its version.',
    labelNames: ['process', 'version'],
    registers: [registry],
  }).set({ process, version: packageVersion() }, 1);
}
