import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { notifyKey } from '../../src/settings/notify.ts';
import { complaint } from './complaint.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const SIGNED = { NOTIFY_URL: 'https://example.com/hook', NOTIFY_SECRET: SECRET };

test('NOTIFY_SECRET is the base64 of a key, or several while you rotate', () => {
  expect(notifyKey(SECRET)).toEqual(Buffer.alloc(32, 7));
  expect(loadConfig({ ...SIGNED, NOTIFY_SECRET: `${SECRET},${SECRET}` }).NOTIFY_SECRET).toHaveLength(2);
});

test.each(['secret', 'whsec_', 'whsec_c2hvcnQ=', `${SECRET},whsec_`, 'whsec_not base64 at all, really not'])(
  'NOTIFY_SECRET refuses %s',
  (secret) => {
    expect(complaint({ ...SIGNED, NOTIFY_SECRET: secret })).toMatch(/^NOTIFY_SECRET is not whsec_/);
  },
);

test('NOTIFY_URL needs a secret; NOTIFY_SLACK_URL needs none', () => {
  expect(complaint({ NOTIFY_URL: 'https://example.com' })).toMatch(/^NOTIFY_SECRET is missing/);
  expect(
    loadConfig({ NOTIFY_SLACK_URL: 'https://hooks.slack.com/services/T/B/X' }).NOTIFY_URL,
  ).toBeUndefined();
});

test.each(['NOTIFY_URL', 'NOTIFY_SLACK_URL'])(
  '%s begins with https://, unless it is on this machine or you allow it',
  (name) => {
    const env = { ...SIGNED, [name]: 'http://receiver.example.com/secret-part' };
    expect(complaint(env)).toContain(`${name} begins with http://`);
    expect(complaint(env)).not.toContain('secret-part');
    expect(loadConfig({ ...env, NOTIFY_ALLOW_HTTP: 'true' })).toBeDefined();
    expect(loadConfig({ ...env, [name]: 'http://127.0.0.1:8080/x' })).toBeDefined();
  },
);

test('an address never shows when the settings are printed', () => {
  expect(JSON.stringify(loadConfig(SIGNED))).not.toContain('example.com/hook');
});
