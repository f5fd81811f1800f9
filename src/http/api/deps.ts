import type { KomboByHand } from '../../operations/kombo-by-hand.ts';
import type { HttpDeps } from '../deps.ts';
import type { FullSyncs } from './full-syncs.ts';
import type { AdminGate } from '../access/admin-gate.ts';
import type { Sampler } from '../access/sampling.ts';
import type { Metrics } from '../monitoring/metrics.ts';
import type { Snapshot } from '../monitoring/snapshot.ts';
import type { TemporalLinks } from '../../temporal/ui.ts';

/** What the routes of the admin API need. */
export interface ApiDeps extends HttpDeps {
  gate: AdminGate;
  metrics: Metrics;
  sample: Sampler;
  /** Undefined without KOMBO_API_KEY. */
  kombo: KomboByHand | undefined;
  links: TemporalLinks;
  fullSyncs: FullSyncs;
  readSnapshot: () => Promise<Snapshot | undefined>;
}
