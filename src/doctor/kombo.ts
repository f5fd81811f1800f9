import { SyncError } from '../domain/errors.ts';
import type { Config } from '../config.ts';
import { komboOf, type KomboClient } from '../kombo/client.ts';
import { REGION_LIST, regionOf } from '../kombo/regions.ts';
import { komboByHand } from '../operations/kombo-by-hand.ts';
import { komboProxy } from '../settings/proxy.ts';
import { openConfigured } from '../store/database.ts';
import { within } from '../within.ts';
import { fail, ok, warn, type Check } from './check.ts';

/** A smaller difference does no harm, since a delta reads WATERMARK_OVERLAP again. */
const SKEW_LIMIT_MS = 30_000;

/** Kombo's own answer takes the rest of the time that a check has. */
const PATIENCE_MS = 1_000;
const WITHOUT_AFTER_MS = 1_500;
const NOTE_MS = 200;

/** Without KOMBO_API_KEY there is nothing to check. */
export async function checkKombo(config: Config, timeoutMs: number): Promise<Check[]> {
  const { KOMBO_API_URL: baseUrl, KOMBO_API_KEY: apiKey } = config;
  if (!apiKey) return [];
  const proxy = komboProxy(config);
  try {
    const { date } = await askKombo(config, timeoutMs);
    const region = regionOf(baseUrl);
    const at = region ? `${baseUrl} (${region})` : baseUrl;
    return [
      ok('Kombo API', `${at} accepts the key${proxy ? `, by the proxy ${proxy}` : ''}`),
      ...checkClock(date, new Date()),
    ];
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    // The limit says nothing about the key and the way to Kombo.
    if (error.errorClass === 'RateLimited')
      return [warn('Kombo API', error.what, 'Run kombo-sync doctor again then.')];
    const remedy = [
      error.remedyByHand,
      // Kombo refuses a key of another region like a wrong one.
      error.errorClass === 'AccessDenied' && `The regions are: ${REGION_LIST}.`,
      proxy && `The proxy on the way is ${proxy}.`,
    ];
    return [fail('Kombo API', error.what, remedy.filter(Boolean).join(' '))];
  }
}

/** One request of the budget that all workers share. While Postgres cannot say what is left, Kombo is asked all the same. */
async function askKombo(config: Config, timeoutMs: number): ReturnType<KomboClient['checkApiKey']> {
  if (!config.DATABASE_URL) return komboOf(config, { timeoutMs })!.checkApiKey();
  const store = openConfigured(config, { max: 1, applicationName: 'kombo-sync doctor' });
  const options = {
    timeoutMs: timeoutMs - WITHOUT_AFTER_MS,
    patienceMs: PATIENCE_MS,
    withoutAfterMs: WITHOUT_AFTER_MS,
  };
  try {
    return await komboByHand(config, store, options)!.checkApiKey();
  } finally {
    // There is one connection, so what the answer said of the limit is noted before this.
    await within(NOTE_MS, store.pool.query('select')).catch(() => {});
    void store.close().catch(() => {});
  }
}

/** The Date header has whole seconds, which is exact enough. */
function checkClock(theirs: Date | null, ours: Date): Check[] {
  if (!theirs) return [];
  const skewMs = ours.getTime() - theirs.getTime();
  const seconds = Math.round(Math.abs(skewMs) / 1_000);
  if (Math.abs(skewMs) <= SKEW_LIMIT_MS) return [ok('Clock', `within ${seconds} s of Kombo's`)];
  return [
    warn(
      'Clock',
      `${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} Kombo's`,
      'Set the clock by NTP; syncs correct for it meanwhile.',
    ),
  ];
}
