import { spawnSync } from 'node:child_process';

/** The built files that the package needs. */
export const PACKED_FROM_BUILD = ['dist/src/cli/main.js', 'dist/workflow-bundle.js'];

/** The files that npm would pack, as paths from the root. */
export function packedFiles(root: string): string[] {
  const { stdout, stderr, status, error } = spawnSync(
    'npm',
    ['pack', '--dry-run', '--json', '--ignore-scripts'],
    { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' },
  );
  if (status !== 0) throw new Error(`npm pack has failed: ${stderr}`, { cause: error });
  const [listing] = JSON.parse(stdout) as { files: { path: string }[] }[];
  return listing!.files.map(({ path }) => path);
}

/** What is wrong with the build in these files, in sentences. */
export function wrongInBuild(files: readonly string[]): string[] {
  const built = files.filter((file) => file.startsWith('dist/'));
  return [
    ...PACKED_FROM_BUILD.filter((file) => !built.includes(file)).map((file) => `${file} is not packed.`),
    ...built
      .filter((file) => !file.endsWith('.js'))
      .map((file) => `${file} is packed and is of no use there.`),
  ];
}
