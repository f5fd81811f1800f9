import { z } from 'zod';
import type { SettingIssue } from '../config-error.ts';
import { list, otherwise, parsed } from '../config-values.ts';
import { Secret } from '../secret.ts';

/** A key of AES-256, which the codec tells by its id. */
export interface PayloadKey {
  readonly id: string;
  /** In base64. */
  readonly key: Secret;
}

const KEY_BYTES = 32;
const KEY = /^([\w.-]{1,64}):([A-Za-z0-9+/]{43}=)$/;

/** The path of a module begins so, or is an address of a file; anything else would be a word that was mistyped. */
const MODULE = /^(\.{0,2}\/|file:\/\/\/|[A-Za-z]:[\\/])/;

function readKeys(text: string): PayloadKey[] | undefined {
  const keys = list(text).map((part): PayloadKey | undefined => {
    const [, id, key] = KEY.exec(part) ?? [];
    if (id === undefined || key === undefined || Buffer.from(key, 'base64').length !== KEY_BYTES)
      return undefined;
    return { id, key: new Secret(key) };
  });
  return keys.every((key) => key !== undefined) && keys.length > 0 ? keys : undefined;
}

/** What stands between our payloads and Temporal. */
export const PAYLOAD_SETTINGS = {
  TEMPORAL_PAYLOAD_CODEC: z
    .string()
    .refine(
      (value) => value === 'aes' || MODULE.test(value),
      otherwise({ problem: 'is neither aes nor the path of a module', example: 'aes or ./codec.mjs' }),
    )
    .optional()
    .describe(
      'Encrypts what Temporal stores: `aes` with TEMPORAL_PAYLOAD_KEYS, or the path of a module of yours',
    ),
  TEMPORAL_PAYLOAD_KEYS: z
    .string()
    .transform(
      parsed(readKeys, {
        problem: 'must be id:key, comma-separated, each key 32 bytes in base64',
        remedy: 'make one with: openssl rand -base64 32',
        example: '2026-11:hT0c…=',
      }),
    )
    .refine(
      (keys) => new Set(keys.map(({ id }) => id)).size === keys.length,
      otherwise({ problem: 'holds two keys with the same id', remedy: 'give each an id of its own' }),
    )
    .optional()
    .describe('Keys `id:base64`, comma-separated: the first one writes, all of them read'),
  CODEC_SERVER_TOKEN: z
    .string()
    .refine(
      (value) => value.length >= 16,
      otherwise({
        problem: 'must have at least 16 characters',
        example: 'the output of: openssl rand -hex 24',
      }),
    )
    .transform((value) => new Secret(value))
    .optional()
    .describe('Bearer token of `codec-server`; without it, the server listens on this machine only'),
} as const;

export interface PayloadSettings {
  readonly TEMPORAL_PAYLOAD_CODEC?: string | undefined;
  readonly TEMPORAL_PAYLOAD_KEYS?: readonly PayloadKey[] | undefined;
}

export function problemsOfPayloads(config: PayloadSettings): SettingIssue[] {
  if (config.TEMPORAL_PAYLOAD_CODEC !== 'aes' || config.TEMPORAL_PAYLOAD_KEYS) return [];
  return [
    {
      name: 'TEMPORAL_PAYLOAD_KEYS',
      problem: 'is missing, and TEMPORAL_PAYLOAD_CODEC=aes needs it',
      remedy: 'make a key with: openssl rand -base64 32',
      example: '2026-11:hT0c…=',
    },
  ];
}

/** How payloads are written now, in a word that changes with the key: what is kept for long is written anew then. */
export function writtenBy(config: PayloadSettings): string | undefined {
  const { TEMPORAL_PAYLOAD_CODEC: codec, TEMPORAL_PAYLOAD_KEYS: keys } = config;
  return codec === 'aes' ? `aes ${keys?.[0]?.id}` : codec;
}
