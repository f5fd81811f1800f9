import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { moduleFolder } from './tools.ts';

/** The newest Kubernetes whose descriptions the manifests are checked with. */
const KUBERNETES = 'k8s.io/kubernetes@v1.33.5';

interface Definition {
  properties?: Record<string, unknown>;
  additionalProperties?: unknown;
  'x-kubernetes-group-version-kind'?: { group: string; kind: string; version: string }[];
}

/**
 * Writes schemas as kubeconform looks for them, made of the description that comes with Kubernetes' own sources. What it does
 * not know of a definition is refused, since the server would drop it in silence.
 */
export async function writeSchemas(folder: string): Promise<string> {
  const source = path.join(await moduleFolder(KUBERNETES), 'api/openapi-spec/swagger.json');
  const { definitions } = JSON.parse(await readFile(source, 'utf8')) as {
    definitions: Record<string, Definition>;
  };
  await mkdir(folder, { recursive: true });
  for (const definition of Object.values(definitions)) {
    if (definition.properties && definition.additionalProperties === undefined) {
      definition.additionalProperties = false;
    }
  }
  // Written as a number or as text: ports and quantities.
  for (const name of ['util.intstr.IntOrString', 'api.resource.Quantity']) {
    definitions[`io.k8s.apimachinery.pkg.${name}`] = {
      oneOf: [{ type: 'string' }, { type: 'number' }],
    } as Definition;
  }
  await writeFile(path.join(folder, 'all.json'), JSON.stringify({ definitions }));
  for (const [name, { 'x-kubernetes-group-version-kind': kinds = [] }] of Object.entries(definitions)) {
    for (const { group, kind, version } of kinds) {
      const parts = [kind, group.split('.')[0], version].filter((part) => part !== '');
      const file = `${parts.join('-').toLowerCase()}.json`;
      await writeFile(path.join(folder, file), JSON.stringify({ $ref: `all.json#/definitions/${name}` }));
    }
  }
  return path.join(folder, '{{ .ResourceKind }}{{ .KindSuffix }}.json');
}
