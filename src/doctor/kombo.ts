import { SyncError } from '../domain/errors.ts';
import { createKomboClient } from '../kombo/client.ts';
import { REGION_LIST, regionOf } from '../kombo/regions.ts';
import type { Secret } from '../secret.ts';
import { fail, ok, warn, type Check } from './check.ts';

/** A delta reads WATERMARK_OVERLAP again, so a small difference does no harm. */
const SKEW_LIMIT_MS = 30_000;

export async function checkKombo(baseUrl: string, apiKey: Secret, timeoutMs: number): Promise<Check[]> {
  const kombo = createKomboClient({ baseUrl, apiKey, timeoutMs });
  try {
    const { date } = await kombo.checkApiKey();
    const region = regionOf(baseUrl);
    const at = region ? `${baseUrl} (${region})` : baseUrl;
    return [ok('Kombo API', `${at} accepts the key`), ...checkClock(date, new Date())];
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    // A key of another region is refused like one that is wrong.
    const regions = error.errorClass === 'AccessDenied' ? ` The regions are: ${REGION_LIST}.` : '';
    return [fail('Kombo API', error.what, `${error.remedyByHand}${regions}`)];
  }
}

/** The Date header has whole seconds, which is fine enough. */
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
