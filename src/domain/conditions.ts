/* What is wrong now and needs you, and what of that you are still to be told. */

export const CONDITION_KINDS = [
  'needs_you',
  'parked',
  'issue',
  'sweep_stopped',
  'drift',
  'stale',
  'schedule',
  'consumer_behind',
] as const;
export type ConditionKind = (typeof CONDITION_KINDS)[number];

/** Where notifications go: NOTIFY_URL and NOTIFY_SLACK_URL. */
export const NOTIFY_TARGETS = ['webhook', 'slack'] as const;
export type NotifyTarget = (typeof NOTIFY_TARGETS)[number];

/** Something that is wrong: it is told once, and once more when it has passed. Ids, codes and times; nothing of a record. */
export interface Condition {
  kind: ConditionKind;
  /** Tells it from others of its kind, such as the id of an integration or the name of a consumer. */
  key: string;
  /** Null: it is about all of them. */
  integrationId: string | null;
  /** Says more, such as the class of a failure. */
  code: string | null;
  since: Date;
}

/** A condition that a target was told of. */
export interface Told extends Condition {
  /** Since when it is not seen any more. */
  goneAt: Date | null;
}

type Key = Pick<Condition, 'kind' | 'key'>;

export interface News {
  /** To be told. */
  began: Condition[];
  /** Gone for long enough to be told. */
  recovered: Told[];
  /** Seen no more, since now. */
  gone: Key[];
  /** Seen again before their end was told: that is not told either. */
  back: Key[];
}

const nameOf = ({ kind, key }: Key) => `${kind} ${key}`;

/**
 * What is news for a target that was told `told`, now that `open` is so. What comes and goes is not told each time: a condition has
 * recovered when it has been away for `calmMs`.
 *
 * @param kinds what was looked at: nothing is said of other kinds.
 */
export function newsOf(
  told: readonly Told[],
  open: readonly Condition[],
  { kinds, now, calmMs }: { kinds: readonly ConditionKind[]; now: Date; calmMs: number },
): News {
  const isOpen = new Set(open.map(nameOf));
  const isTold = new Set(told.map(nameOf));
  const looked = told.filter(({ kind }) => kinds.includes(kind));
  const away = looked.filter((one) => !isOpen.has(nameOf(one)));
  const isOver = ({ goneAt }: Told) => goneAt !== null && now.getTime() - goneAt.getTime() >= calmMs;
  return {
    began: open.filter((one) => kinds.includes(one.kind) && !isTold.has(nameOf(one))),
    recovered: away.filter(isOver),
    gone: away.filter(({ goneAt }) => goneAt === null),
    back: looked.filter((one) => one.goneAt !== null && isOpen.has(nameOf(one))),
  };
}
