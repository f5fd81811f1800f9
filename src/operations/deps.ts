import type { Config } from '../config.ts';
import type { AuditSource } from '../domain/audit.ts';
import type { Store } from '../store/database.ts';
import type { TemporalHandle } from '../temporal/connect.ts';
import type { Patience } from '../temporal/patience.ts';
import type { TemporalLinks } from '../temporal/ui.ts';
import type { KomboByHand } from './kombo-by-hand.ts';

/** Who acts, for the audit log. */
export interface Actor {
  /** A user's name, for example root@host, or the name that a caller of the API gives. */
  name: string;
  source: AuditSource;
  /** Address of the caller, if it has one. */
  address: string | null;
}

/** What the operations need. The command line and the admin API both call them. */
export interface OperationDeps {
  config: Config;
  store: Store;
  temporal: TemporalHandle;
  links: TemporalLinks;
  actor: Actor;
  /** For requests with search attributes. Without it, a request that the server refuses is not repeated. */
  patience?: Patience | undefined;
  /** Ends an act of many steps between two steps; its reason says why. */
  signal?: AbortSignal;
}

export interface LookUpDeps extends OperationDeps {
  kombo: KomboByHand;
}
