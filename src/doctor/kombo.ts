import { SyncError } from '../domain/errors.ts';
import { createKomboClient } from '../kombo/client.ts';
import { REGION_LIST, regionOf } from '../kombo/regions.ts';
import type { Secret } from '../secret.ts';
import { fail, ok, warn, type Check } from './check.ts';

/** A smaller difference does no harm, since a delta reads WATERMARK_OVERLAP again. */
const SKEW_LIMIT_MS = 30_000;

/** @param proxy host:port of the proxy to Kombo, if there is one. */
export async function checkKombo(
  baseUrl: string,
  apiKey: Secret,
  timeoutMs: number,
  proxy?: string,
): Promise<Check[]> {
  const kombo = createKomboClient({ baseUrl, apiKey, timeoutMs });
  try {
    const { date } = await kombo.checkApiKey();
    const region = regionOf(baseUrl);
    const at = region ? `${baseUrl} (${region})` : baseUrl;
    return [
      ok('Kombo API', `${at} accepts the key${proxy ? `, by the proxy ${proxy}` : ''}`),
      ...checkClock(date, new Date()),
    ];
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    const remedy = [
      error.remedyByHand,
      // Kombo refuses a key of another region like a wrong one.
      error.errorClass === 'AccessDenied' && `The regions are: ${REGION_LIST}.`,
      proxy && `The proxy on the way is ${proxy}.`,
    ];
    return [fail('Kombo API', error.what, remedy.filter(Boolean).join(' '))];
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
