import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser } from 'playwright-core';
import { runCommand } from '../../src/dev/processes/command.ts';
import { cachedCli, findOnPath } from '../../src/dev/temporal/cli.ts';

type Env = Readonly<Record<string, string | undefined>>;

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

const REMEDY = `Tests of the pages need a Chromium that runs without a window. Do one of these:
  - install one so that it is on PATH: apt-get install chromium, dnf install chromium, brew install --cask chromium
  - set CHROMIUM_PATH to the one that you have
  - on Linux x64: npm ci, which brings the package @sparticuz/chromium`;

/**
 * Starts the Chromium that CHROMIUM_PATH names, or the first one on PATH or in the npm package that starts.
 *
 * @throws Error with all failures and what to do.
 */
export async function launchChromium(env: Env = process.env): Promise<Browser> {
  const given = env['CHROMIUM_PATH'];
  const installed = given ? [given] : NAMES.flatMap((name) => findOnPath(name, env));
  const ways: [string, () => Promise<Browser>][] = installed.map((file) => [file, () => launch(file)]);
  if (!given) ways.push(['@sparticuz/chromium', () => launchPackaged(env)]);
  const failures: string[] = [];
  for (const [name, start] of ways) {
    try {
      return await start();
    } catch (error) {
      const [reason] = (error instanceof Error ? error.message : String(error)).split('\n');
      failures.push(`  - ${name}: ${reason}`);
    }
  }
  throw new Error(`No Chromium starts here.\n${REMEDY}\nTried:\n${failures.join('\n')}`);
}

function launch(executablePath: string, more: Record<string, string> = {}): Promise<Browser> {
  // Tests open pages by a name too, since browsers treat names differently from the loopback address.
  const args = ['--host-resolver-rules=MAP *.test 127.0.0.1'];
  return chromium.launch({ executablePath, args, env: { ...process.env, ...more }, timeout: 20_000 });
}

/** The package brings its libraries and a font, so it runs on a bare machine. */
async function launchPackaged(env: Env): Promise<Browser> {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('it is for Linux on x64 only');
  const folder = await unpack(env);
  return launch(path.join(folder, 'chromium'), {
    LD_LIBRARY_PATH: [path.join(folder, 'al2023', 'lib'), process.env['LD_LIBRARY_PATH']]
      .filter(Boolean)
      .join(':'),
    FONTCONFIG_FILE: await listFonts(folder),
  });
}

/** The package's own list names folders of another machine, and without a font Chromium crashes on the first page. */
async function listFonts(folder: string): Promise<string> {
  const list = path.join(folder, 'fonts-here.conf');
  if (existsSync(list)) return list;
  const work = `${list}-${process.pid}`;
  const fonts = path.join(folder, 'fonts');
  await writeFile(
    work,
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${fonts}</dir><cachedir>${path.join(folder, 'fonts-cache')}</cachedir></fontconfig>
`,
  );
  await rename(work, list);
  return list;
}

/**
 * Unpacks the package once for each machine, beside the Temporal server in your cache. A rename puts the folder in
 * place, so it is always whole. If two processes unpack it, the second removes its own copy.
 */
async function unpack(env: Env): Promise<string> {
  const main = fileURLToPath(import.meta.resolve('@sparticuz/chromium'));
  const root = main.slice(0, main.lastIndexOf('/build/'));
  const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  const target = path.resolve(cachedCli(env), '..', '..', '..', 'chromium', version);
  if (existsSync(target)) return target;
  await mkdir(path.dirname(target), { recursive: true });
  const work = await mkdtemp(`${target}-`);
  try {
    // It reads the environment and unpacks into the folder for temporary files, so this runs it in its own process.
    const script = `import(${JSON.stringify(import.meta.resolve('@sparticuz/chromium'))}).then((it) => it.default.executablePath())`;
    const { ok, complaint } = await runCommand(process.execPath, ['-e', script], {
      env: { ...process.env, TMPDIR: work, AWS_LAMBDA_JS_RUNTIME: 'nodejs22.x' },
      timeoutMs: 60_000,
    });
    if (!ok) throw new Error(`it cannot be unpacked: ${complaint}`);
    await rename(work, target).catch((error: unknown) => {
      if (!existsSync(target)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return target;
}
