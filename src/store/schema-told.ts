import type { ColumnType } from 'kysely';
import type { ConditionKind, NotifyTarget } from '../domain/conditions.ts';

/* What operators are told: a part of schema `kombo_sync`. */

type WithDefault<T> = ColumnType<T, T | undefined, T>;

export interface ToldTable {
  target: NotifyTarget;
  kind: ConditionKind;
  key: string;
  integration_id: string | null;
  code: string | null;
  since: Date;
  told_at: WithDefault<Date>;
  /** Not seen any more since then; its end is told soon. */
  gone_at: Date | null;
}

export interface NotificationsTable {
  /** The header webhook-id: the same for each try. */
  id: string;
  target: NotifyTarget;
  body: string;
  created_at: WithDefault<Date>;
  sent_at: Date | null;
  tries: WithDefault<number>;
  tried_at: Date | null;
  /** Why the last try has failed. */
  error: string | null;
}

export interface TurnsTable {
  part: string;
  turn: WithDefault<number>;
  next_at: Date;
}
