import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { environment } from '../config.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** npm lists there what it has installed. */
const INSTALLED = path.join(ROOT, 'node_modules', '.package-lock.json');

interface Bundle {
  code: string;
}

/**
 * A bundle of the sources, kept in the folder that NODE_COMPILE_CACHE names: to make it takes half of a worker's start, and
 * tests start many workers. Without that variable each process makes its own.
 *
 * @param kind distinguishes bundles of the same sources.
 */
export async function keptBundle(kind: string, make: () => Promise<Bundle>): Promise<Bundle> {
  const { NODE_COMPILE_CACHE: folder } = environment();
  if (!folder || !existsSync(folder) || !existsSync(INSTALLED)) return make();
  const file = path.join(folder, `workflows-${fingerprint(kind)}.js`);
  if (existsSync(file)) return { code: readFileSync(file, 'utf8') };
  const made = await make();
  // A rename, so that no other process reads half of it.
  const work = `${file}.${process.pid}`;
  try {
    writeFileSync(work, made.code);
    renameSync(work, file);
  } catch {
    // A worker starts without the folder too, for example if it may only be read.
  }
  return made;
}

/** Of everything that a bundle is made of, and more: all sources, and the packages. */
function fingerprint(kind: string): string {
  const hash = createHash('sha256').update(`${kind}\n${process.version}\n${ROOT}\n`);
  hash.update(readFileSync(INSTALLED));
  for (const folder of ['workflows', 'src']) {
    const names = readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' });
    for (const name of names.filter((one) => one.endsWith('.ts')).sort())
      hash.update(`\n${folder}/${name}\n`).update(readFileSync(path.join(ROOT, folder, name)));
  }
  return hash.digest('hex');
}
