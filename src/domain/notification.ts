import { none } from './counts.ts';
import { CONDITION_KINDS, type Condition, type ConditionKind, type NotifyTarget } from './conditions.ts';

/* What a notification says. */

/** So many of each list are named; the rest is counted. */
const NAMED = 20;

export interface NotificationItem {
  kind: ConditionKind;
  integration_id: string | null;
  /** Its name, if it is about one of your consumers. */
  consumer?: string;
  code: string | null;
  since: string;
  url?: string;
}

interface NotificationList {
  count: number;
  by_kind: Partial<Record<ConditionKind, number>>;
  /** The first of them, those that have lasted longest. */
  items: NotificationItem[];
}

/** The body that receivers get, in the form that Standard Webhooks recommends. */
export interface Notification {
  type: 'kombo-sync.conditions' | 'kombo-sync.test';
  timestamp: string;
  data: {
    text: string;
    /** How many conditions are open by now. */
    open: number;
    began: NotificationList;
    recovered: NotificationList;
  };
}

interface Said {
  now: Date;
  open: number;
  began: readonly Condition[];
  recovered: readonly Condition[];
  /** PUBLIC_URL, for links to the pages. */
  publicUrl?: string | undefined;
}

export function notificationOf({ now, open, began, recovered, publicUrl }: Said): Notification {
  const data = { open, began: listOf(began, publicUrl), recovered: listOf(recovered, publicUrl) };
  return {
    type: 'kombo-sync.conditions',
    timestamp: now.toISOString(),
    data: { text: textOf(data), ...data },
  };
}

export function testNotification(now: Date): Notification {
  const empty: NotificationList = { count: 0, by_kind: {}, items: [] };
  const text = 'kombo-sync: this is a test. Notifications arrive here.';
  return {
    type: 'kombo-sync.test',
    timestamp: now.toISOString(),
    data: { text, open: 0, began: empty, recovered: empty },
  };
}

function listOf(all: readonly Condition[], publicUrl: string | undefined): NotificationList {
  const counts = none(CONDITION_KINDS);
  for (const { kind } of all) counts[kind] += 1;
  const first = all.toSorted((a, b) => a.since.getTime() - b.since.getTime()).slice(0, NAMED);
  return {
    count: all.length,
    by_kind: Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
    items: first.map(({ kind, key, integrationId, code, since }) => ({
      kind,
      integration_id: integrationId,
      ...(kind === 'consumer_behind' ? { consumer: key } : {}),
      code,
      since: since.toISOString(),
      ...(publicUrl === undefined ? {} : { url: pageOf(publicUrl, integrationId) }),
    })),
  };
}

const pageOf = (publicUrl: string, integrationId: string | null) =>
  integrationId === null ? `${publicUrl}/` : `${publicUrl}/integrations/${encodeURIComponent(integrationId)}`;

const WORDS: Record<ConditionKind, { began: string; recovered: string }> = {
  needs_you: { began: 'has reads that need you', recovered: 'has no reads that need you' },
  parked: { began: 'cannot be read at Kombo', recovered: 'is not parked any more' },
  issue: { began: 'has an open issue at Kombo', recovered: 'has one open issue less at Kombo' },
  sweep_stopped: { began: 'has a sweep that stopped', recovered: 'has no stopped sweep' },
  drift: { began: 'had drift that no delta explains', recovered: 'has no unexplained drift' },
  stale: { began: 'is not fresh', recovered: 'is fresh again' },
  schedule: { began: 'has no working weekly full sync', recovered: 'has its weekly full sync again' },
  consumer_behind: { began: 'is behind', recovered: 'has caught up' },
};

function textOf({ open, began, recovered }: Omit<Notification['data'], 'text'>): string {
  const said = [
    ...(began.count > 0 ? [`${began.count} new`] : []),
    ...(recovered.count > 0 ? [`${recovered.count} recovered`] : []),
  ];
  return [
    `kombo-sync: ${said.join(', ')}, ${open} open`,
    ...linesOf(began, 'began', '!'),
    ...linesOf(recovered, 'recovered', '✓'),
  ].join('\n');
}

function linesOf({ items, count }: NotificationList, which: 'began' | 'recovered', sign: string): string[] {
  const lines = items.map(({ kind, integration_id: id, consumer, code, since, url }) => {
    const subject = consumer === undefined ? (id ?? 'The environment') : `Consumer ${consumer}`;
    const reason = code === null ? '' : ` (${code})`;
    const link = url === undefined ? '' : ` ${url}`;
    return `${sign} ${subject} ${WORDS[kind][which]}${reason}, since ${since}${link}`;
  });
  return count > items.length ? [...lines, `${sign} … and ${count - items.length} more`] : lines;
}

/** What the workflow `notify` is started with. */
export interface NotifyInput {
  /** The header webhook-id. */
  id: string;
  target: NotifyTarget;
  /** It says only that notifications arrive, and is tried once. */
  test?: boolean | undefined;
}
