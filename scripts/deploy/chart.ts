import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../src/dev/processes/command.ts';

export const CHART = fileURLToPath(new URL('../../deploy/helm/kombo-sync', import.meta.url));

/** A helm that was built with `go install` takes itself to be of an old Kubernetes. */
const KUBE = '1.33.0';

/** Ways to install the chart that its files tell apart. */
export const VARIANTS: Readonly<Record<string, readonly string[]>> = {
  standard: [],
  everything: [
    'serviceMonitor.enabled=true',
    'secrets.owner=kombo-sync-owner',
    'serve.podAnnotations.team=people',
    'worker.nodeSelector.pool=sync',
    'settings.MODELS=ats_*',
    'imagePullSecrets[0].name=registry',
  ],
  controller: ['worker.controller.enabled=true', 'worker.controller.connection=temporal'],
  bare: ['worker.metricsPort=0', 'podDisruptionBudget.enabled=false'],
  digest: [`image.digest=sha256:${'a'.repeat(64)}`],
};

const setting = (values: readonly string[]) => values.flatMap((value) => ['--set', value]);

/** The manifests of a variant. @throws when the chart does not take these values. */
export async function renderChart(helm: string, values: readonly string[]): Promise<string> {
  const args = [
    'template',
    'kombo-sync',
    CHART,
    '--namespace',
    'people',
    '--kube-version',
    KUBE,
    ...setting(values),
  ];
  const { ok, stdout, complaint } = await runCommand(helm, args);
  if (!ok) throw new Error(complaint);
  return stdout;
}

export async function lintChart(helm: string, values: readonly string[]): Promise<void> {
  const { ok, stdout, complaint } = await runCommand(helm, [
    'lint',
    '--strict',
    path.resolve(CHART),
    ...setting(values),
  ]);
  if (!ok) throw new Error(`${stdout}\n${complaint}`);
}
