/**
 * Checks the files of deploy/ with the tools that read them, which it builds once from Go's module proxy where they are missing:
 *
 *   npm run check:deploy
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCommand } from '../src/dev/processes/command.ts';
import { lintChart, renderChart, VARIANTS } from './deploy/chart.ts';
import { writeSchemas } from './deploy/schemas.ts';
import { obtainTool } from './deploy/tools.ts';

/** Kinds that are not of Kubernetes itself, whose schemas come with what they belong to. */
const FOREIGN = 'ServiceMonitor,WorkerDeployment';

const folder = await mkdtemp(path.join(tmpdir(), 'kombo-sync-deploy-'));
try {
  const helm = await obtainTool('helm');
  const kubeconform = await obtainTool('kubeconform');
  const schemas = await writeSchemas(path.join(folder, 'schemas'));
  for (const [name, values] of Object.entries(VARIANTS)) {
    await lintChart(helm, values);
    const file = path.join(folder, `${name}.yaml`);
    await writeFile(file, await renderChart(helm, values));
    const args = ['-strict', '-summary', '-skip', FOREIGN, '-schema-location', schemas, file];
    const { ok, stdout, complaint } = await runCommand(kubeconform, args);
    process.stdout.write(`${name}: ${stdout}`);
    if (!ok) throw new Error(`The manifests of ${name} are not valid. ${complaint}`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
