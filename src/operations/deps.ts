import type { Config } from '../config.ts';
import type { AuditSource } from '../domain/audit.ts';
import type { KomboClient } from '../kombo/client.ts';
import type { Store } from '../store/database.ts';
import type { TemporalHandle } from '../temporal/connect.ts';
import type { Patience } from '../temporal/patience.ts';
import type { TemporalLinks } from '../temporal/ui.ts';

/** Who acts, for the audit trail. */
export interface Actor {
  /** A user's name, as root@host, or what a caller of the API says it is. */
  name: string;
  source: AuditSource;
  /** Address of the caller, where there is one. */
  address: string | null;
}

/** What acts by hand work with: the command line and the admin API both do them by these functions. */
export interface OperationDeps {
  config: Config;
  store: Store;
  temporal: TemporalHandle;
  links: TemporalLinks;
  actor: Actor;
  /** For what carries search attributes; without it, what the server refuses is not tried again. */
  patience?: Patience | undefined;
  /** Ends an act of many steps between two of them; its reason says why. */
  signal?: AbortSignal;
}

export interface LookUpDeps extends OperationDeps {
  kombo: KomboClient;
}
