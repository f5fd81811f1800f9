import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { demoSettings, ownTemporal } from '../../src/dev/settings.ts';
import { loadState } from '../../src/dev/state.ts';
import { temporaryFolder } from './support.ts';

test('the demo has short times, except where you have set your own', () => {
  expect(Object.keys(demoSettings({}))).toEqual([
    'DEBOUNCE_QUIET',
    'DEBOUNCE_MAX_WAIT',
    'DEBOUNCE_LEADING',
    'CATCH_UP_INTERVAL',
    'RETRY_INTERVAL',
  ]);
  expect(Object.keys(demoSettings({ DEBOUNCE_MAX_WAIT: '1s' }))).toEqual([
    'CATCH_UP_INTERVAL',
    'RETRY_INTERVAL',
  ]);
  expect(demoSettings({ DEBOUNCE_QUIET_FILE: '/run/secrets/quiet', CATCH_UP_INTERVAL: 'off' })).toEqual({
    RETRY_INTERVAL: '10s',
  });
});

test('your settings for another Temporal server do not reach ours', () => {
  const env = {
    TEMPORAL_API_KEY: 'key',
    TEMPORAL_TLS: 'true',
    TEMPORAL_CLI_PATH: '/usr/bin/temporal',
    PATH: '/bin',
  };
  const own = ownTemporal(env, '127.0.0.1:7233', '/data');
  expect(own).toMatchObject({
    TEMPORAL_ADDRESS: '127.0.0.1:7233',
    TEMPORAL_API_KEY: undefined,
    TEMPORAL_TLS: undefined,
  });
  expect(own).not.toHaveProperty('TEMPORAL_CLI_PATH');
});

test('a broken state file is not replaced by a new password', () => {
  const dataDir = temporaryFolder();
  writeFileSync(path.join(dataDir, 'state.json'), '{"postgresPassword":');
  expect(() => loadState(dataDir)).toThrow(/state\.json is broken; put it right, or delete/);
});
