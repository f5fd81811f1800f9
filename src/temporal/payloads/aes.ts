import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { PayloadKey } from '../../settings/payloads.ts';

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/*
 * The layout that Temporal's samples use: the whole payload as a message, then nonce, ciphertext and tag one after the other.
 * Codecs of other languages read it too.
 */
const ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';

/** A payload that cannot be read; says which key is missing, and nothing of what is in it. */
export class UnreadablePayload extends Error {
  override name = 'UnreadablePayload';
}

/**
 * Encrypts with the first key and reads with all of them. What is not encrypted is read as it is: payloads from before, and
 * those of the plain `temporal` CLI.
 *
 * @param writes false for the way back: what was encrypted is read, and nothing is encrypted any more.
 */
export function createAesCodec(keys: readonly PayloadKey[], writes: boolean): PayloadCodec {
  const byId = new Map(keys.map(({ id, key }) => [id, Buffer.from(key.reveal(), 'base64')]));
  const [first] = byId;
  return {
    encode: (payloads) =>
      Promise.resolve(first && writes ? payloads.map((payload) => encrypt(payload, ...first)) : payloads),
    // An exception would reach the caller before it has a promise to catch.
    decode: async (payloads) => payloads.map((payload) => decrypt(payload, byId)),
  };
}

function encrypt(payload: Payload, id: string, key: Buffer): Payload {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, iv);
  const body = cipher.update(PayloadMessage.encode(payload).finish());
  const data = Buffer.concat([iv, body, cipher.final(), cipher.getAuthTag()]);
  return { metadata: { encoding: Buffer.from(ENCODING), [KEY_ID]: Buffer.from(id) }, data };
}

function decrypt(payload: Payload, keys: ReadonlyMap<string, Buffer>): Payload {
  if (textOf(payload, 'encoding') !== ENCODING) return payload;
  const id = textOf(payload, KEY_ID) ?? '';
  const key = keys.get(id);
  if (key === undefined) {
    throw new UnreadablePayload(
      `Temporal holds a payload that was encrypted with key ${JSON.stringify(id.slice(0, 64))}, which TEMPORAL_PAYLOAD_KEYS does not have. Add that key behind the first one, here and in every process.`,
    );
  }
  const data = Buffer.from(payload.data ?? []);
  try {
    const decipher = createDecipheriv(ALGORITHM, key, data.subarray(0, IV_BYTES));
    decipher.setAuthTag(data.subarray(-TAG_BYTES));
    const body = decipher.update(data.subarray(IV_BYTES, -TAG_BYTES));
    return PayloadMessage.decode(Buffer.concat([body, decipher.final()]));
  } catch {
    throw new UnreadablePayload(
      `Temporal holds a payload that key ${JSON.stringify(id)} does not open: it was changed, or TEMPORAL_PAYLOAD_KEYS gives this id to another key. Give each key an id of its own, and add the old one again.`,
    );
  }
}

function textOf({ metadata }: Payload, name: string): string | undefined {
  const value = metadata?.[name];
  return value ? Buffer.from(value).toString() : undefined;
}
