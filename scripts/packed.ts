import { spawnSync } from 'node:child_process';

/** Of the build, what the package cannot do without. */
export const PACKED_FROM_BUILD = [
  'dist/src/cli/main.js',
  'dist/workflow-bundle.js',
  ...['consumer', 'tables'].flatMap((name) => [`dist/src/${name}/index.js`, `dist/src/${name}/index.d.ts`]),
];

/** What the package exports has types; the rest of the build needs none. */
const PUBLIC_TYPES = /^dist\/src\/(consumer|tables|domain)\/.*\.d\.ts$/;

/** The most bytes that the packed package may have. */
const MOST_BYTES = 1_000_000;

export interface Packed {
  /** As paths from the root. */
  files: string[];
  /** Of the tarball. */
  bytes: number;
}

/** What npm would pack. */
export function packed(root: string): Packed {
  const { stdout, stderr, status, error } = spawnSync(
    'npm',
    ['pack', '--dry-run', '--json', '--ignore-scripts'],
    { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' },
  );
  if (status !== 0) throw new Error(`npm pack has failed: ${stderr}`, { cause: error });
  const [listing] = JSON.parse(stdout) as { files: { path: string }[]; size: number }[];
  return { files: listing!.files.map(({ path }) => path), bytes: listing!.size };
}

/** What is wrong with the package once it is built, in sentences. */
export function wrongInBuild({ files, bytes }: Packed): string[] {
  const built = files.filter((file) => file.startsWith('dist/'));
  return [
    ...PACKED_FROM_BUILD.filter((file) => !built.includes(file)).map((file) => `${file} is not packed.`),
    ...built
      .filter((file) => !file.endsWith('.js') && !PUBLIC_TYPES.test(file))
      .map((file) => `${file} is packed and is of no use there.`),
    ...(bytes > MOST_BYTES
      ? [`The package has ${bytes} bytes, more than ${MOST_BYTES}. Leave out what it does not need.`]
      : []),
  ];
}
