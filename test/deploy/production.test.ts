import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { read, ROOT } from '../docs/markdown.ts';

interface Service {
  image: string;
  build?: string;
  cap_drop: string[];
  security_opt: string[];
  read_only: boolean;
  mem_limit: string;
  ports?: string[];
  volumes?: string[];
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
}

const load = (file: string) => parse(read(file), { merge: true }) as { services: Record<string, Service> };
const { services } = load('deploy/compose.production.yml');
const development = load('docker-compose.yml');

test.each(Object.entries(services))(
  '%s of the production file may do no more than it needs',
  (name, service) => {
    expect(service).toMatchObject({
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      mem_limit: expect.stringMatching(/^\d+[mg]$/) as string,
    });
    // Two images of Temporal write their configuration when they start.
    expect(service.read_only).toBe(!['temporal', 'temporal-ui'].includes(name));
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
    if (service.build === undefined)
      expect(service.image).toMatch(/:\d+\.\d+(\.\d+)?(@sha256:[0-9a-f]{64})?$/);
  },
);

test('what waits for what: schema, server, namespace, setup, processes', () => {
  const after = (name: string) => Object.entries(services[name]?.depends_on ?? {});
  const done = (name: string) => [name, { condition: 'service_completed_successfully' }];
  expect(after('temporal')).toEqual([done('temporal-schema')]);
  expect(after('setup')).toContainEqual(done('temporal-namespace'));
  for (const name of ['serve', 'worker']) expect(after(name)).toEqual([done('setup')]);
});

test('Postgres and our own image are those of the development file', () => {
  expect(services['postgres']?.image).toBe(development.services['postgres']?.image);
  expect(services['temporal-postgres']?.image).toBe(services['postgres']?.image);
});

test('our processes get the secrets that they get in the development file, and no others', () => {
  for (const name of ['setup', 'serve', 'worker']) {
    const { TEMPORAL_DATABASE_PASSWORD, ...given } = services[name]?.environment ?? {};
    expect(TEMPORAL_DATABASE_PASSWORD).toBe('');
    expect(given).toEqual(development.services[name]?.environment);
  }
});

test('its files are there, and .env.example has the one password more', () => {
  const mounted = Object.values(services).flatMap(({ volumes = [] }) =>
    volumes.flatMap((volume) => /^\.\/([^:]+):/.exec(volume)?.[1] ?? []),
  );
  expect(mounted.length).toBeGreaterThan(2);
  for (const file of mounted) expect(read(`deploy/${file}`).length).toBeGreaterThan(0);
  expect(read('.env.example')).toMatch(/^TEMPORAL_DATABASE_PASSWORD=$/m);
});

test('Temporal has the switches that doctor looks for', () => {
  expect(parse(read('deploy/temporal/dynamic-config.yaml'))).toEqual({
    'matching.enableFairness': [{ value: true }],
    'frontend.enableExecuteMultiOperation': [{ value: true }],
  });
});

const units = readdirSync(new URL('deploy/systemd', `file://${ROOT}`));
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

test.skipIf(!hasSystemd).each(units)('systemd takes %s as it is', (unit) => {
  const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', `deploy/systemd/${unit}`], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const complaints = stderr
    .split('\n')
    .filter((line) => line.includes('kombo-sync') && !/not executable/.test(line));
  expect(complaints).toEqual([]);
});

test.each(units)('%s runs as a user of its own that can write nowhere', (unit) => {
  const text = read(`deploy/systemd/${unit}`);
  for (const line of [
    'DynamicUser=yes',
    'ProtectSystem=strict',
    'NoNewPrivileges=yes',
    'CapabilityBoundingSet=',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
});
