import { z } from 'zod';
import type { SettingIssue } from './config-error.ts';
import { isCron } from './domain/cron.ts';
import { parseBytes } from './domain/bytes.ts';
import { parseDuration } from './domain/duration.ts';
import { readTimeZone } from './domain/time-zone.ts';
import { Secret } from './secret.ts';

/* Turns the text of a setting into its value, or into a complaint. */

/** Says why a setting is wrong. */
export type Wrong = Omit<SettingIssue, 'name'>;

/** Turns a setting's text into a value, or complains if `parse` returns none. */
export const parsed =
  <T>(parse: (text: string) => T | undefined, wrong: Wrong) =>
  (text: string, context: z.RefinementCtx): T => {
    const value = parse(text);
    return value === undefined ? complain(context, wrong) : value;
  };

export function complain(context: z.RefinementCtx, wrong: Wrong): never {
  context.addIssue({ code: 'custom', message: wrong.problem, params: wrong });
  return z.NEVER;
}

/** Options of `refine`. */
export const otherwise = (wrong: Wrong) => ({ error: wrong.problem, params: wrong });

const noDuration = (example: string): Wrong => ({
  problem: 'is not a duration',
  remedy: 'write it as 500ms, 5s, 2m, 6h or 7d',
  example,
});

export const duration = (text: string) =>
  z
    .string()
    .default(text)
    .transform(parsed(parseDuration, noDuration(text)));

/** Milliseconds, or null for `off`. */
export const durationOrOff = (text: string) =>
  z
    .string()
    .default(text)
    .transform(parsed((value) => (value === 'off' ? null : parseDuration(value)), noDuration(text)));

/** Accepts one of these words. */
export const oneOf = <const T extends string>(...words: readonly T[]) =>
  parsed((text) => words.find((word) => word === text), {
    problem: words.length > 2 ? `must be one of ${words.join(', ')}` : `must be ${words.join(' or ')}`,
  });

const MEBIBYTE = 1024 ** 2;

/** A size between a mebibyte and the longest text that the runtime can hold. */
export const size = (text: string) =>
  z
    .string()
    .default(text)
    .transform(
      parsed(
        (value) => {
          const bytes = parseBytes(value);
          return bytes !== undefined && bytes >= MEBIBYTE && bytes <= 256 * MEBIBYTE ? bytes : undefined;
        },
        { problem: 'is not a size from 1MiB to 256MiB', remedy: 'write it as 64MiB', example: text },
      ),
    );

export const onOff = (text: 'on' | 'off') =>
  z
    .string()
    .default(text)
    .transform(oneOf('on', 'off'))
    .transform((value) => value === 'on');

export const flag = () =>
  z
    .string()
    .default('false')
    .transform(oneOf('true', 'false'))
    .transform((value) => value === 'true');

export const list = (text: string) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

export const url = (protocols: string[], example: string) =>
  z
    .string()
    .refine(
      (value) => protocols.includes(URL.parse(value)?.protocol ?? ''),
      otherwise({ problem: 'is not an address', example }),
    );

/** What may follow `Bearer` in a header. Anything else cannot be sent, and the runtime's error would show it. */
export const BEARER = /^[\x21-\x7e]+$/;

export const apiKey = z.string().transform(
  parsed((value) => (BEARER.test(value) ? new Secret(value) : undefined), {
    problem: 'holds a line break, a space or another character that no key has',
    remedy: 'copy it again',
    example: 'ks_prod_…',
  }),
);

/** Credentials in an address would be shown with it, and cannot be sent. */
export const hasCredentials = (text: string) => {
  const { username = '', password = '' } = URL.parse(text) ?? {};
  return username !== '' || password !== '';
};

/** The names of this machine. Requests to them never leave it, not even through a proxy. */
export const THIS_MACHINE = ['127.0.0.1', 'localhost', '::1'];

/** Takes a host as URL writes it, with brackets around an address of IPv6. */
export const isThisMachine = (hostname: string) => THIS_MACHINE.includes(hostname.replace(/^\[|\]$/g, ''));

/** Whether requests to an address leave this machine and can be read on the way. */
export const sendsInClear = (address: string) => {
  const { protocol = '', hostname = '' } = URL.parse(address) ?? {};
  return protocol === 'http:' && !isThisMachine(hostname);
};

export const timezone = z
  .string()
  .default('UTC')
  .transform((text, context) => {
    const zone = readTimeZone(text);
    if ('name' in zone) return zone.name;
    if (zone.wrong === undefined) {
      return complain(context, { problem: 'is not a time zone', example: 'Europe/Berlin' });
    }
    return complain(context, {
      problem: 'is an offset, not a time zone',
      remedy: `name a place such as Europe/Berlin, or write ${zone.wrong}`,
    });
  });

export const cron = z
  .string()
  .default('0 2 * * 0')
  .refine(
    isCron,
    otherwise({
      problem:
        'is not a cron expression of five fields (minute, hour, day, month, weekday) that ever comes true',
      example: '"0 2 * * 0" (Sunday 02:00)',
    }),
  );

/** A whole number in digits. */
const toPort = (example: number) =>
  parsed((text) => (/^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined), {
    problem: 'is not a port',
    example: String(example),
  });

export const port = (standard: number) => z.string().default(String(standard)).transform(toPort(standard));

export const optionalPort = (example: number) => z.string().transform(toPort(example)).optional();

export const share = (standard: number) =>
  z
    .string()
    .default(String(standard))
    .transform(
      parsed((text) => (Number(text) >= 0 && Number(text) <= 1 ? Number(text) : undefined), {
        problem: 'must be a share between 0 and 1',
        example: String(standard),
      }),
    );
