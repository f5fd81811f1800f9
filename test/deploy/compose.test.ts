import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { read } from '../docs/markdown.ts';

interface Service {
  image: string;
  build?: string;
  profiles?: string[];
  user?: string;
  cap_drop: string[];
  cap_add?: string[];
  privileged?: boolean;
  security_opt: string[];
  read_only: boolean;
  tmpfs: string[];
  mem_limit: string;
  env_file?: string;
  environment?: Record<string, string | number>;
  ports?: string[];
  volumes?: string[];
}

const { services } = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<string, Service>;
};

const SECRETS = [
  'POSTGRES_PASSWORD',
  'DATABASE_OWNER_PASSWORD',
  'DATABASE_PASSWORD',
  'KOMBO_API_KEY',
  'KOMBO_WEBHOOK_SECRETS',
  'ADMIN_TOKEN',
  'VIEWER_TOKEN',
  'NOTIFY_URL',
  'NOTIFY_SECRET',
  'NOTIFY_SLACK_URL',
];
const OF_NOTIFICATIONS = SECRETS.slice(-3);
const EXACT = /^[\w./-]+:v?\d+\.\d+\.\d+$/;
const DIGEST = /^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/;

test.each(Object.entries(services))('%s has only the rights that it needs', (_name, service) => {
  expect(service).toMatchObject({
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    read_only: true,
    mem_limit: expect.stringMatching(/^\d+[mg]$/) as string,
  });
  expect(service.tmpfs).toContain('/tmp:size=64m');
  expect([service.cap_add, service.privileged]).toEqual([undefined, undefined]);
  for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
  const shape = service.profiles?.includes('observability') ? EXACT : DIGEST;
  if (service.build === undefined) expect(service.image).toMatch(shape);
});

test('the base images of ours are pinned by digest too', () => {
  const dockerfile = read('Dockerfile');
  expect(/^ARG NODE=(.+)$/m.exec(dockerfile)?.[1]).toMatch(DIGEST);
  const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
  expect(new Set(bases)).toEqual(new Set(['${NODE}']));
  expect(dockerfile).toMatch(/^USER node$/m);
});

test('no container starts as root', () => {
  const { postgres, temporal, ...ours } = services;
  expect(postgres?.user).toBe('postgres');
  // Its image and the one of the Dockerfile name an ordinary user themselves.
  for (const service of [temporal, ...Object.values(ours)]) expect(service?.user).toBeUndefined();
});

test('each process gets the secrets that it needs, and no others', () => {
  const known = Object.entries(services).map(([name, { environment = {}, env_file }]) => {
    const given = SECRETS.filter((secret) => Boolean(environment[secret]));
    // The values of the file reach a process unless they are overridden.
    if (env_file) expect(SECRETS.filter((secret) => !(secret in environment))).toEqual([]);
    return [name, [...given, environment['DATABASE_URL']].filter((value) => value !== undefined)];
  });
  expect(Object.fromEntries(known)).toEqual({
    postgres: SECRETS.slice(0, 3),
    temporal: [],
    setup: ['postgres://kombo_sync_owner:${DATABASE_OWNER_PASSWORD}@postgres:5432/kombo_sync'],
    serve: [...SECRETS.slice(3, -3), 'postgres://kombo_sync:${DATABASE_PASSWORD}@postgres:5432/kombo_sync'],
    worker: [
      'KOMBO_API_KEY',
      ...OF_NOTIFICATIONS,
      'postgres://kombo_sync:${DATABASE_PASSWORD}@postgres:5432/kombo_sync',
    ],
    prometheus: [],
    grafana: [],
  });
});

test('.env.example names all secrets', () => {
  for (const secret of SECRETS) expect(read('.env.example')).toMatch(new RegExp(`^${secret}=$`, 'm'));
});
