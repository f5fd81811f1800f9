import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../src/config-error.ts';
import { loadConfig, temporalEnvironment } from '../src/config.ts';
import { complaint } from './settings/complaint.ts';

describe("Kombo's key", () => {
  test.each(['ks_prod_abc\nks_prod_def', 'ks_prod_abc ', 'ks_prod_äbc', 'ks_prod_abc\u0000'])(
    '%j cannot be sent, and the message does not show it',
    (key) => {
      expect(complaint({ KOMBO_API_KEY: key })).toMatch(
        /^KOMBO_API_KEY holds .*; .*for example ks_prod_…\.$/,
      );
      expect(complaint({ KOMBO_API_KEY: key })).not.toContain('abc');
    },
  );

  test('is accepted as Kombo makes it', () => {
    expect(loadConfig({ KOMBO_API_KEY: 'ks_prod_a-b.c~d+e/f=' }).KOMBO_API_KEY?.reveal()).toBe(
      'ks_prod_a-b.c~d+e/f=',
    );
  });
});

test.each(['https://ada:hunter2@api.kombo.dev/v1', 'https://hunter2@api.kombo.dev/v1'])(
  'KOMBO_API_URL %s is refused without showing its credentials',
  (url) => {
    expect(complaint({ KOMBO_API_URL: url })).toMatch(
      /^KOMBO_API_URL holds a user or a password; .*KOMBO_API_KEY.*, for example https:/,
    );
    expect(complaint({ KOMBO_API_URL: url })).not.toContain('hunter2');
  },
);

describe('http://, which exposes the key on the way,', () => {
  test.each([
    'http://api.kombo.dev/v1',
    'HTTP://10.0.0.7/v1',
    'http://localhost.example.com',
    'http://127.0.0.1.example.com',
    // Only names that never use a proxy.
    'http://127.8.9.10/v1',
  ])('%s is refused as the address of Kombo, unless you say so', (url) => {
    expect(complaint({ KOMBO_API_URL: url })).toMatch(
      /^KOMBO_API_URL begins with http:\/\/, .*https:\/\/.*KOMBO_ALLOW_HTTP=true.*, for example https:/,
    );
    expect(() => loadConfig({ KOMBO_API_URL: url, KOMBO_ALLOW_HTTP: 'true' })).not.toThrow();
  });

  test.each(['http://127.0.0.1:3100/v1', 'http://localhost/v1', 'http://[::1]:80/v1'])(
    '%s stays on this machine',
    (url) => {
      expect(loadConfig({ KOMBO_API_URL: url }).KOMBO_API_URL).toBe(url);
    },
  );
});

test.each([',', ' , ,'])('KOMBO_WEBHOOK_SECRETS=%j holds no secret', (secrets) => {
  expect(complaint({ KOMBO_WEBHOOK_SECRETS: secrets })).toMatch(
    /^KOMBO_WEBHOOK_SECRETS holds no secret; .*for example/,
  );
});

describe('FULL_SYNC_TIMEZONE', () => {
  test.each([
    ['utc', 'UTC'],
    ['europe/berlin', 'Europe/Berlin'],
    ['EUROPE/BERLIN', 'Europe/Berlin'],
    ['us/eastern', 'America/New_York'],
    ['US/Eastern', 'US/Eastern'],
    ['Asia/Kolkata', 'Asia/Kolkata'],
    ['Europe/Kyiv', 'Europe/Kyiv'],
    ['America/Port_of_Spain', 'America/Port_of_Spain'],
    ['Etc/GMT-2', 'Etc/GMT-2'],
  ])('%s becomes %s, which the server accepts', (text, name) => {
    expect(loadConfig({ FULL_SYNC_TIMEZONE: text }).FULL_SYNC_TIMEZONE).toBe(name);
  });

  test.each([
    ['+02:00', 'Etc/GMT-2'],
    ['-0500', 'Etc/GMT+5'],
    ['UTC+1', 'Etc/GMT-1'],
  ])('%s is refused with the name to write: %s', (text, name) => {
    expect(complaint({ FULL_SYNC_TIMEZONE: text })).toBe(
      `FULL_SYNC_TIMEZONE is an offset, not a time zone; name a place such as Europe/Berlin, or write ${name}.`,
    );
  });

  test.each(['+05:30', 'Mars/Olympus', 'Z'])('%s is refused', (text) => {
    expect(complaint({ FULL_SYNC_TIMEZONE: text })).toMatch(/^FULL_SYNC_TIMEZONE is not a time zone/);
  });
});

describe("the variables of Temporal's clients", () => {
  test('each may be in a file', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'kombo-sync-config-'));
    const key = path.join(folder, 'key');
    await writeFile(key, 'tmprl_key\n');
    const env = { TEMPORAL_API_KEY_FILE: key, TEMPORAL_GRPC_META_AUTH_FILE: key, TEMPORAL_CONFIG_FILE: key };
    expect(temporalEnvironment(env)).toEqual({
      TEMPORAL_API_KEY: 'tmprl_key',
      TEMPORAL_GRPC_META_AUTH: 'tmprl_key',
      TEMPORAL_CONFIG_FILE: key,
    });
    await writeFile(key, '\n');
    expect(complaint({ TEMPORAL_API_KEY_FILE: key })).toContain(
      `TEMPORAL_API_KEY_FILE names ${key}, which is empty.`,
    );
    expect(complaint({ TEMPORAL_NAMESPACE_FILE: `${key}-not` })).toContain('which cannot be read.');
    expect(complaint({ TEMPORAL_TLS_CLIENT_CERT_PATH: `${key}-not` })).toContain('which cannot be read.');
    await rm(folder, { recursive: true });
  });

  test.each([
    [
      'https://eu.aws.api.temporal.io:7233',
      'TEMPORAL_ADDRESS has a scheme; write the host and the port only',
    ],
    ['temporal.example:7233/', 'TEMPORAL_ADDRESS holds a slash; write the host and the port only'],
    ['temporal example', 'TEMPORAL_ADDRESS is not a host and a port'],
  ])('an address such as %s is refused with the reason', (address, said) => {
    expect(complaint({ TEMPORAL_ADDRESS: address })).toContain(said);
    expect(() => temporalEnvironment({ TEMPORAL_ADDRESS: address })).toThrow(said);
  });

  test.each(['localhost:7233', '[::1]:7233', 'temporal', 'a.b.tmprl.cloud:7233'])(
    '%s is accepted',
    (address) => {
      expect(temporalEnvironment({ TEMPORAL_ADDRESS: address })).toEqual({ TEMPORAL_ADDRESS: address });
    },
  );

  test('a key that cannot be sent is not shown', () => {
    const said = complaint({ TEMPORAL_API_KEY: 'tmprl_secret\nmore' });
    expect(said).toMatch(/^TEMPORAL_API_KEY holds a line break/);
    expect(said).not.toContain('secret');
  });
});

describe('TEMPORAL_TLS', () => {
  // The SDK would read each of these as "off", and send the API key in clear.
  test.each(['maybe', 'on', 'TRUE', 'yes', 'true '])('%j is neither true nor false', (value) => {
    expect(complaint({ TEMPORAL_TLS: value })).toMatch(
      /^TEMPORAL_TLS is neither true nor false; .*for example TEMPORAL_TLS=true\.$/,
    );
  });

  test.each(['true', 'false', '1', '0'])('%s is taken', (value) => {
    expect(() => loadConfig({ TEMPORAL_TLS: value })).not.toThrow();
    expect(temporalEnvironment({ TEMPORAL_TLS: value })).toEqual({ TEMPORAL_TLS: value });
  });

  test('empty means the same as left out, as for every setting', () => {
    expect(() => loadConfig({ TEMPORAL_TLS: '' })).not.toThrow();
    // An empty header removes one that the profile has.
    expect(
      temporalEnvironment({ TEMPORAL_TLS: '', TEMPORAL_API_KEY: '', TEMPORAL_GRPC_META_A: '', HOME: '/h' }),
    ).toEqual({ TEMPORAL_GRPC_META_A: '', HOME: '/h' });
  });
});

describe('what is wrong', () => {
  const issuesOf = (env: Record<string, string>, required: Parameters<typeof loadConfig>[1] = []) => {
    try {
      loadConfig(env, required);
      return [];
    } catch (error) {
      if (error instanceof ConfigError) return error.issues;
      throw error;
    }
  };

  test('is listed by setting, with problem, remedy and example', () => {
    const env = { PORT: '-1', DEBOUNCE_QUIET: 'soon', DEBOUNCE_MAX_WAIT: '5s', LOG_FORMAT: 'xml' };
    expect(issuesOf(env, ['DATABASE_URL'])).toEqual([
      { name: 'PORT', problem: 'is not a port', example: '3000' },
      {
        name: 'DEBOUNCE_QUIET',
        problem: 'is not a duration',
        remedy: 'write it as 500ms, 5s, 2m, 6h or 7d',
        example: '5s',
      },
      { name: 'LOG_FORMAT', problem: 'must be pretty or json' },
      {
        name: 'DATABASE_URL',
        problem: 'is missing',
        remedy: 'set it',
        example: expect.any(String) as string,
      },
    ]);
  });

  test.each([
    ['PORT', '-1', 'PORT is not a port, for example 3000.'],
    ['PORT', '1.5', 'PORT is not a port, for example 3000.'],
    ['SWEEP_MAX_SHARE', '1.5', 'SWEEP_MAX_SHARE must be a share between 0 and 1, for example 0.3.'],
    [
      'CATCH_UP_INTERVAL',
      'soon',
      'CATCH_UP_INTERVAL is not a duration; write it as 500ms, 5s, 2m, 6h or 7d, for example 6h.',
    ],
  ])('%s=%s: %s', (name, value, message) => {
    expect(complaint({ [name]: value })).toBe(message);
  });

  test('of a file is reported for the setting that names it', () => {
    expect(issuesOf({ KOMBO_API_KEY_FILE: '/nowhere/key' })).toEqual([
      { name: 'KOMBO_API_KEY_FILE', problem: 'names /nowhere/key, which cannot be read' },
    ]);
  });
});

describe('ADMIN_TOKEN', () => {
  test.each([
    'aaaaaaaaaaaaaaaaaaaaaaaa',
    'abababababababababababab',
    'passwordpassword',
    'changeme-changeme',
    '1234567890123456',
    '0123456789abcdef',
    'abcdefghijklmnopqrstuvwxyz',
    'zyxwvutsrqponmlkjihgfedc',
    'aaaaaaaaaaaaaaaaaaaaab12',
  ])('%s can be guessed; the message has the remedy and does not show it', (token) => {
    expect(complaint({ ADMIN_TOKEN: token })).toMatch(
      /^ADMIN_TOKEN is easy to guess; .*openssl rand -hex 24\.$/,
    );
    expect(complaint({ ADMIN_TOKEN: token })).not.toContain(token);
  });

  test.each([
    // openssl rand -hex 24, -hex 8, -base64 24; uuidgen; words.
    '5f0c1d7be2a94c3388d0b6f7a1e52c9d4471fe0a9b3c6d28',
    '9a1fd37c20be4458',
    'Zk3v9QpXr7mB1sLwT0yHc5dNfGuJ8aEi',
    '0b6f7a1e-52c9-4d44-91fe-0a9b3c6d28aa',
    'correct-horse-battery-staple',
  ])('%s is taken', (token) => {
    expect(loadConfig({ ADMIN_TOKEN: token }).ADMIN_TOKEN?.reveal()).toBe(token);
  });
});

describe('PUBLIC_URL', () => {
  test.each(['https://example.com/kombo/', 'https://example.com/kombo'])('%s is taken', (url) => {
    expect(loadConfig({ PUBLIC_URL: url }).PUBLIC_URL).toBe('https://example.com/kombo');
  });

  test.each([
    'example.com',
    '/kombo',
    'ftp://example.com',
    'https://example.com/?a=b',
    'https://a:b@example.com',
  ])('%s is refused', (url) => {
    expect(complaint({ PUBLIC_URL: url })).toMatch(
      /^PUBLIC_URL .*for example https:\/\/example\.com\/kombo\.$/,
    );
  });

  test.each([
    'https://example.com/api',
    'https://example.com/webhooks/kombo',
    'https://example.com/Metrics/x',
  ])('%s would hide an address of our own', (url) => {
    expect(complaint({ PUBLIC_URL: url })).toMatch(
      /^PUBLIC_URL .*for example https:\/\/example\.com\/kombo\.$/,
    );
  });
});

describe('OPERATIONS_PORT', () => {
  test('is another port than PORT', () => {
    expect(complaint({ OPERATIONS_PORT: '3000' })).toMatch(
      /^OPERATIONS_PORT is the same as PORT; .*for example 3001/,
    );
    expect(loadConfig({ OPERATIONS_PORT: '3001' }).OPERATIONS_PORT).toBe(3001);
    expect(loadConfig({}).OPERATIONS_PORT).toBeUndefined();
  });

  test.each(['x', '65536', '-1', '1.5'])('%s is not a port', (port) => {
    expect(complaint({ OPERATIONS_PORT: port })).toMatch(
      /^OPERATIONS_PORT is not a port, for example 3001\.$/,
    );
  });
});
