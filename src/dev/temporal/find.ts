import { existsSync } from 'node:fs';
import { obtainTemporal, type Obtain, type ObtainOptions } from './obtain.ts';
import { cachedClis, findOnPath, TEMPORAL_REMEDIES, verifyCli } from './cli.ts';

/**
 * Finds the `temporal` command: TEMPORAL_CLI_PATH, PATH, your cache, a download, a build with Go. It runs each as a
 * check.
 *
 * @throws Error with the remedies if there is none, or if TEMPORAL_CLI_PATH is wrong.
 */
export async function findTemporal(options: ObtainOptions, ways?: readonly Obtain[]): Promise<string> {
  const { env, note, signal } = options;
  const given = env['TEMPORAL_CLI_PATH'];
  if (given) {
    if ((await verifyCli(given, signal)) !== undefined) return given;
    throw new Error(
      `TEMPORAL_CLI_PATH is ${given}, which is not a temporal command that runs here. Set it to one, for example /usr/local/bin/temporal, or leave it out.`,
    );
  }
  for (const look of [() => findOnPath('temporal', env), () => cachedClis(env)]) {
    for (const file of look()) {
      if ((await verifyCli(file, signal)) !== undefined) return file;
      if (existsSync(file)) note(`${file} does not run as a Temporal CLI; looking further.`);
    }
  }
  const obtained = await obtainTemporal(options, ways);
  if ('file' in obtained) return obtained.file;
  throw new Error(
    [
      'There is no Temporal server, and none could be downloaded or built.',
      ...obtained.failures,
      'One of these helps:',
      ...TEMPORAL_REMEDIES.map((remedy) => `  - ${remedy}`),
    ].join('\n'),
  );
}
