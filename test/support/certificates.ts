import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

/** A certificate with its key, both in PEM. */
export interface Certificate {
  certificate: string;
  key: string;
}

const DAY_MS = 86_400_000;

/** A certificate authority for one test. */
export function createAuthority(): Certificate & { issue: (host: string, days?: number) => Certificate } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const name = 'Authority of a test';
  const own = { issuer: name, subject: name, publicKey, signer: privateKey, days: 1 };
  return {
    certificate: certify({
      ...own,
      extensions: [extension('551d13', der(0x30, der(0x01, Buffer.from([0xff]))), true)],
    }),
    key: pem(privateKey),
    issue: (host, days = 1) => {
      const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
      const names = extension('551d11', der(0x30, der(0x82, Buffer.from(host))));
      const issued = { issuer: name, subject: host, publicKey: pair.publicKey, signer: privateKey, days };
      return { certificate: certify({ ...issued, extensions: [names] }), key: pem(pair.privateKey) };
    },
  };
}

interface Certified {
  issuer: string;
  subject: string;
  publicKey: KeyObject;
  signer: KeyObject;
  /** Days until it expires. If negative, it has expired. It became valid a day before. */
  days: number;
  extensions: Buffer[];
}

/** https://www.rfc-editor.org/rfc/rfc5280#section-4.1 */
function certify({ issuer, subject, publicKey, signer, days, extensions }: Certified): string {
  const ecdsaWithSha256 = der(0x30, oid('2a8648ce3d040302'));
  const until = Date.now() + days * DAY_MS;
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    nameOf(issuer),
    der(0x30, time(Math.min(Date.now(), until) - DAY_MS), time(until)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, ...extensions)),
  );
  const signature = sign('sha256', body, signer);
  const all = der(0x30, body, ecdsaWithSha256, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = all
    .toString('base64')
    .match(/.{1,64}/g)!
    .join('\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size =
    length < 0x80
      ? [length]
      : length < 0x100
        ? [0x81, length]
        : [0x82, Math.floor(length / 0x100), length % 0x100];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));

const nameOf = (text: string) => der(0x30, der(0x31, der(0x30, oid('550403'), der(0x0c, Buffer.from(text)))));

const time = (ms: number) => der(0x18, Buffer.from(new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '')));

const extension = (hex: string, value: Buffer, critical = false) =>
  der(0x30, oid(hex), ...(critical ? [der(0x01, Buffer.from([0xff]))] : []), der(0x04, value));

const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
