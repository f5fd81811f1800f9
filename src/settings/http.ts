import { isIP } from 'node:net';
import { z } from 'zod';
import type { SettingIssue } from '../config-error.ts';
import { list, optionalPort, otherwise, parsed, port } from '../config-values.ts';
import { isGuessable, Secret } from '../secret.ts';

/** False, or addresses and networks. With a mere count of proxies, every direct caller could claim any address. */
const trustProxy = z
  .string()
  .default('off')
  .transform(
    parsed(
      (value): false | string[] | undefined => {
        if (value === 'off') return false;
        const addresses = list(value);
        return addresses.length > 0 && addresses.every(isNetwork) ? addresses : undefined;
      },
      { problem: 'must be off or the addresses of proxies', example: '10.0.0.0/8,127.0.0.1' },
    ),
  );

/** An address, or a network such as 10.0.0.0/8. */
function isNetwork(text: string): boolean {
  const [address, bits, ...rest] = text.split('/');
  const version = isIP(address ?? '');
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

/** The first parts of our own paths. PUBLIC_URL below one of them would make paths ambiguous. */
const OWN_PATHS = /^\/(api|webhooks|integrations|cutover|log(in|out)|healthz|readyz|metrics)(\/|$)/i;

const publicUrl = z
  .string()
  .refine(
    (value) => /^https?:\/\/[^/?#@]+(\/[\w.~-]+)*\/?$/i.test(value) && URL.canParse(value),
    otherwise({
      problem: 'is not an address without a user and a query',
      example: 'https://example.com/kombo',
    }),
  )
  .refine(
    (value) => !OWN_PATHS.test(URL.parse(value)?.pathname ?? ''),
    otherwise({
      problem: 'has a path that is one of ours',
      remedy: 'take another one',
      example: 'https://example.com/kombo',
    }),
  )
  .transform((value) => value.replace(/\/+$/, ''));

const token = () =>
  z
    .string()
    .refine(
      (value) => value.length >= 16,
      otherwise({
        problem: 'must have at least 16 characters',
        example: 'the output of: openssl rand -hex 24',
      }),
    )
    .refine(
      (value) => !isGuessable(value),
      otherwise({
        problem: 'is easy to guess; it is all that protects the admin API',
        remedy: 'take the output of: openssl rand -hex 24',
      }),
    )
    .transform((value) => new Secret(value))
    .optional();

/** Two tokens that are one would let those who may only read do everything. */
export function problemsOfTokens({
  ADMIN_TOKEN: admin,
  VIEWER_TOKEN: viewer,
}: {
  ADMIN_TOKEN?: Secret | undefined;
  VIEWER_TOKEN?: Secret | undefined;
}): SettingIssue[] {
  if (!viewer || admin?.reveal() !== viewer.reveal()) return [];
  const remedy = 'take another output of: openssl rand -hex 24';
  return [{ name: 'VIEWER_TOKEN', problem: 'is the same as ADMIN_TOKEN', remedy }];
}

/** Where `serve` listens, how it is reached, and who may in. */
export const HTTP_SETTINGS = {
  HOST: z
    .string()
    .default('0.0.0.0')
    .describe('Address that `serve` and METRICS_PORT listen on; `dev` uses 127.0.0.1'),
  PORT: port(3000).describe('Port that `serve` listens on'),
  OPERATIONS_PORT: optionalPort(3001).describe(
    'Port of its own for `/metrics`, `/healthz`, `/readyz`, pages and API; PORT then takes webhooks only',
  ),
  PUBLIC_URL: publicUrl
    .optional()
    .describe(
      'Where you reach the pages through your proxy, with its path, such as `https://example.com/kombo`',
    ),
  TRUST_PROXY: trustProxy.describe(
    'Addresses of proxies whose `x-forwarded-…` headers are believed, comma-separated, such as `10.0.0.0/8`; `off` believes none',
  ),
  ADMIN_TOKEN: token().describe('Bearer token of the admin API and the status page; closed without it'),
  VIEWER_TOKEN: token().describe('The same for reading only: pages without acts, and GET of the API'),
} as const;
