import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sign, verify } from '../../src/kombo/signature.ts';
import { Secret } from '../../src/secret.ts';

interface Vector {
  name: string;
  body: string;
  header: string | null;
  secrets: string[];
  valid: boolean;
}

const vectors = JSON.parse(
  readFileSync(new URL('signature-vectors.json', import.meta.url), 'utf8'),
) as Vector[];

describe('I2: a signature covers the bytes as received', () => {
  test.each(vectors)('$name', ({ body, header, secrets, valid }) => {
    const given = secrets.map((secret) => new Secret(secret));
    expect(verify(Buffer.from(body), header ?? undefined, given)).toBe(valid);
  });

  test('verify accepts what sign makes with any of several secrets', () => {
    const secrets = fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.uint8Array(), secrets, fc.nat(), (bytes, texts, index) => {
        const body = Buffer.from(bytes);
        const header = sign(body, texts[index % texts.length]!);
        const given = texts.map((text) => new Secret(text));
        expect(verify(body, header, given)).toBe(true);
      }),
    );
  });

  test('a body with one flipped bit is refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), fc.nat({ max: 7 }), (bytes, at, bit) => {
        const changed = Buffer.from(bytes);
        changed[at % changed.length]! ^= 1 << bit;
        const header = sign(Buffer.from(bytes), 'secret');
        expect(verify(changed, header, [new Secret('secret')])).toBe(false);
      }),
    );
  });
});
