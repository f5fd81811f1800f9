import path from 'node:path';

export type Env = Readonly<Record<string, string | undefined>>;

/** Too short for real data, but you can watch how a sync makes up for a lost webhook within a minute. */
const DEMO_SETTINGS = {
  DEBOUNCE_QUIET: '2s',
  DEBOUNCE_MAX_WAIT: '10s',
  DEBOUNCE_LEADING: 'on',
  CATCH_UP_INTERVAL: '1m',
  RETRY_INTERVAL: '10s',
};

const DEBOUNCE = Object.keys(DEMO_SETTINGS).filter((name) => name.startsWith('DEBOUNCE_'));

export const isSet = (env: Env, name: string) => Boolean(env[name] || env[`${name}_FILE`]);

/** The settings of the demo, except those that you have set. */
export function demoSettings(env: Env): Partial<typeof DEMO_SETTINGS> {
  // One part of the debounce says little without the others.
  const isOwn = (name: string) =>
    name.startsWith('DEBOUNCE_') ? DEBOUNCE.some((part) => isSet(env, part)) : isSet(env, name);
  return Object.fromEntries(Object.entries(DEMO_SETTINGS).filter(([name]) => !isOwn(name)));
}

const OF_ANOTHER_SERVER = /^TEMPORAL_(PROFILE|API_KEY|TLS|GRPC_META_|CODEC_|ADDRESS_FILE|NAMESPACE_FILE)/;

/** Points Temporal's clients to our own server, and removes your settings for another one. */
export function ownTemporal(env: Env, address: string, dataDir: string): Record<string, string | undefined> {
  const others = Object.keys(env).filter((name) => OF_ANOTHER_SERVER.test(name));
  return {
    ...Object.fromEntries(others.map((name) => [name, undefined])),
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: 'default',
    // There is no such file, so the clients read no profile.
    TEMPORAL_CONFIG_FILE: path.join(dataDir, 'no-temporal-profile.toml'),
  };
}

/** Sets the variables of this process; undefined removes one. */
export function applySettings(settings: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(settings)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}
