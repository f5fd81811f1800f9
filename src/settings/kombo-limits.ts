import { z } from 'zod';
import { parsed } from '../config-values.ts';

const number = (what: string, example: string) =>
  z
    .string()
    .transform(
      parsed((text) => (/^[1-9]\d{0,5}$/.test(text) ? Number(text) : undefined), {
        problem: `is not a number of ${what}`,
        example,
      }),
    )
    .optional();

/** What all workers may ask of Kombo, together. Without these, Kombo's headers say. */
export const KOMBO_LIMIT_SETTINGS = {
  KOMBO_REQUESTS_PER_MINUTE: number('requests', '300').describe(
    "Requests a minute that all workers may send to Kombo together; without it, the headers of Kombo's answers say",
  ),
  KOMBO_CONCURRENCY: number('requests', '20').describe(
    'Requests to Kombo that all workers may have under way at once; without it, as many as there are reads',
  ),
} as const;
