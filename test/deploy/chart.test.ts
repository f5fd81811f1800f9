import { beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { renderChart, VARIANTS } from '../../scripts/deploy/chart.ts';
import { findTool } from '../../scripts/deploy/tools.ts';
import { packageVersion } from '../../src/version.ts';
import { read } from '../docs/markdown.ts';

interface Container {
  name: string;
  image: string;
  args: string[];
  env: { name: string; value?: string; valueFrom?: { secretKeyRef: { name: string; optional?: boolean } } }[];
  securityContext: object;
  livenessProbe?: object;
  readinessProbe?: object;
  resources: { limits: { memory: string } };
}

interface Manifest {
  kind: string;
  metadata: { name: string; annotations?: Record<string, string>; labels: Record<string, string> };
  spec: {
    selector?: { matchLabels: Record<string, string> };
    template: {
      metadata: { labels: object };
      spec: { containers: Container[]; terminationGracePeriodSeconds?: number };
    };
  };
}

const helm = findTool('helm');

async function render(variant: keyof typeof VARIANTS): Promise<Manifest[]> {
  const text = await renderChart(helm!, VARIANTS[variant]!);
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

const podsOf = (manifests: Manifest[]) => manifests.filter(({ spec }) => spec.template?.spec.containers);

test('the chart installs this version', () => {
  const chart = parse(read('deploy/helm/kombo-sync/Chart.yaml')) as { version: string; appVersion: string };
  expect(chart).toMatchObject({ version: packageVersion(), appVersion: packageVersion() });
});

describe.skipIf(helm === undefined)('what the chart makes', () => {
  let standard: Manifest[];
  beforeAll(async () => {
    standard = await render('standard');
  });

  test('every pod runs as an ordinary user who can write nowhere, with a limit of memory', () => {
    const pods = podsOf(standard);
    expect(pods.map(({ metadata }) => metadata.name).toSorted()).toEqual([
      'kombo-sync-serve',
      'kombo-sync-setup',
      'kombo-sync-worker',
    ]);
    for (const { spec } of pods) {
      expect(spec.template.spec).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      for (const container of spec.template.spec.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container.resources.limits.memory).toMatch(/^\d+[MG]i$/);
        expect(container.image).toBe(`kombo-sync:${packageVersion()}`);
      }
    }
  });

  test('each process knows the secrets that it needs, and no others', () => {
    const known = podsOf(standard).map(({ spec }) => {
      const [container] = spec.template.spec.containers as [Container];
      const secrets = container.env.filter(({ valueFrom }) => valueFrom && !valueFrom.secretKeyRef.optional);
      return [container.name, secrets.map(({ name }) => name)];
    });
    expect(Object.fromEntries(known)).toEqual({
      setup: ['DATABASE_URL'],
      serve: ['DATABASE_URL', 'KOMBO_WEBHOOK_SECRETS', 'KOMBO_API_KEY'],
      worker: ['DATABASE_URL', 'KOMBO_API_KEY'],
    });
  });

  test('serve and workers are watched, and have the time that they need to stop', () => {
    for (const [name, seconds] of [
      ['kombo-sync-serve', 30],
      ['kombo-sync-worker', 60],
    ] as const) {
      const found = standard.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === name)!;
      const { containers, terminationGracePeriodSeconds } = found.spec.template.spec;
      expect(containers[0]).toMatchObject({ livenessProbe: {}, readinessProbe: {} });
      expect(terminationGracePeriodSeconds).toBe(seconds);
      expect(found.spec.template.metadata.labels).toMatchObject(found.spec.selector!.matchLabels);
    }
  });

  test('setup runs before the new processes, as the owner when there is one', async () => {
    const everything = await render('everything');
    const setup = everything.find(({ kind }) => kind === 'Job')!;
    expect(setup.metadata.annotations?.['helm.sh/hook']).toBe('pre-install,pre-upgrade');
    const url = setup.spec.template.spec.containers[0]!.env.find(({ name }) => name === 'DATABASE_URL');
    expect(url?.valueFrom?.secretKeyRef.name).toBe('kombo-sync-owner');
    expect(everything.map(({ kind }) => kind)).toContain('ServiceMonitor');
  });

  test('with the Worker Controller, that gives workers their version, and keeps those of the old one', async () => {
    const manifests = await render('controller');
    const worker = manifests.find(({ kind }) => kind === 'WorkerDeployment')!;
    expect(worker.spec).toMatchObject({
      workerOptions: { connectionRef: { name: 'temporal' }, temporalNamespace: 'default' },
      sunset: { scaledownDelay: '1h' },
    });
    const names = worker.spec.template.spec.containers[0]!.env.map(({ name }) => name);
    // It puts these in itself.
    expect(names).not.toContain('TEMPORAL_WORKER_BUILD_ID');
    expect(manifests.filter(({ kind }) => kind === 'Deployment')).toHaveLength(1);
  });

  test.each([
    ['no digest', 'image.digest=latest', /digest/],
    ['the tag latest', 'image.tag=latest', /tag/],
    ['no name of a Secret', 'secrets.service=', /service/],
    ['a controller without a connection', 'worker.controller.enabled=true', /names the Connection/],
  ])('it refuses %s', async (_what, value, said) => {
    await expect(renderChart(helm!, [value])).rejects.toThrow(said);
  });
});
