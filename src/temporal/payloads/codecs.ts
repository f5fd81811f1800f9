import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PayloadCodec } from '@temporalio/common';
import { ConfigError } from '../../config-error.ts';
import { payloadSettings } from '../../config.ts';
import type { PayloadSettings } from '../../settings/payloads.ts';
import { createAesCodec } from './aes.ts';

/**
 * What encodes payloads on their way to Temporal and back, for every client and worker of ours. Empty when nothing is set.
 *
 * @throws ConfigError when a module cannot be used.
 */
export async function payloadCodecs(settings: PayloadSettings = payloadSettings()): Promise<PayloadCodec[]> {
  const { TEMPORAL_PAYLOAD_CODEC: codec, TEMPORAL_PAYLOAD_KEYS: keys = [] } = settings;
  if (codec !== undefined && codec !== 'aes') return [await loadCodec(codec)];
  return keys.length > 0 ? [createAesCodec(keys, codec === 'aes')] : [];
}

/** The default export of a module: a codec, or a function that makes one. */
async function loadCodec(file: string): Promise<PayloadCodec> {
  const address = file.startsWith('file:') ? file : pathToFileURL(path.resolve(file)).href;
  try {
    const { default: given } = (await import(address)) as { default?: unknown };
    const codec: unknown = typeof given === 'function' ? await (given as () => unknown)() : given;
    if (isCodec(codec)) return codec;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw unusable(`names ${file}, which cannot be loaded: ${reason}`);
  }
  throw unusable(`names ${file}, whose default export has no encode and decode`);
}

function isCodec(value: unknown): value is PayloadCodec {
  const { encode, decode } = (value ?? {}) as Record<string, unknown>;
  return typeof encode === 'function' && typeof decode === 'function';
}

const unusable = (problem: string) =>
  new ConfigError([
    {
      name: 'TEMPORAL_PAYLOAD_CODEC',
      problem,
      remedy: 'export a PayloadCodec of @temporalio/common, or a function that returns one, as the default',
    },
  ]);
