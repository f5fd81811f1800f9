import type { Notification } from '../../src/domain/notification.ts';
import type { Store } from '../../src/store/database.ts';
import { eventually } from '../support/poll.ts';
import { openReceiver } from '../support/notified.ts';
import { openCollector } from '../support/traces.ts';

/*
 * What operators switch on beside a sync: a shared budget for Kombo, notifications and traces. No failure may have
 * anything told twice, or leave places of the budget taken.
 */

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const RETURNED_MS = 90_000;

export async function openObservers(store: Store) {
  const receiver = await openReceiver();
  const spans = new Map<string, number>();
  const collector = await openCollector((sent) => {
    for (const { name } of sent) {
      const [kind] = name.split(':');
      spans.set(kind!, (spans.get(kind!) ?? 0) + 1);
    }
  });
  const placesTaken = async () => {
    const { rows } = await store.pool.query<{ n: number }>(
      'select count(*)::int as n from kombo_sync.kombo_requests where until > clock_timestamp()',
    );
    return rows[0]!.n;
  };
  return {
    settings: {
      KOMBO_REQUESTS_PER_MINUTE: '6000',
      KOMBO_CONCURRENCY: '32',
      NOTIFY_URL: receiver.url,
      NOTIFY_SECRET: SECRET,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    },
    /** What went wrong, one line each, once no sync is under way. */
    problems: async (): Promise<string[]> => {
      let places = 0;
      const areReturned = async () => (places = await placesTaken()) === 0;
      await eventually(areReturned, { timeoutMs: RETURNED_MS }).catch(() => {});
      return [
        ...toldTwice(receiver.notifications()),
        ...(places > 0 ? [`${places} places of the budget stayed taken.`] : []),
        ...(spans.size === 0 ? ['No span came.'] : []),
      ];
    },
    counts: () => ({ notifications: receiver.received.length, ...Object.fromEntries(spans) }),
    close: () => {
      receiver.close();
      collector.close();
    },
  };
}

/** What was said in two notifications. One that is sent again has the same body. */
export function toldTwice(notifications: readonly Notification[]): string[] {
  const bodies = new Set(notifications.map((one) => JSON.stringify(one)));
  const said = new Set<string>();
  const twice: string[] = [];
  for (const body of bodies) {
    const { data } = JSON.parse(body) as Notification;
    for (const which of ['began', 'recovered'] as const) {
      for (const { url: _url, ...condition } of data[which].items) {
        const saying = `${which} ${JSON.stringify(condition)}`;
        if (said.has(saying)) twice.push(`Told twice: ${saying}`);
        said.add(saying);
      }
    }
  }
  return twice;
}
