import { spawn } from 'node:child_process';
import { expect, inject, onTestFinished, test } from 'vitest';
import type { DevFacts } from '../../src/dev/operate.ts';
import { startCli, type RunningCli } from '../cli/spawn.ts';
import { fakeCommand, temporaryFolder } from '../dev/support.ts';
import { eventually } from '../support/poll.ts';
import { read, ROOT } from './markdown.ts';

interface Step {
  script: string;
  /** It belongs to the terminal in which `npm start` runs. */
  first: boolean;
  shows: { text: RegExp; soon: boolean }[];
}

/** The blocks of the page, with the instructions in the comments around them. */
function steps(): Step[] {
  const found: Step[] = [];
  let first = false;
  for (const [, comment, script] of read('docs/migration.md').matchAll(
    /^<!-- (.+) -->$|^```sh\n([\s\S]*?)^```$/gm,
  )) {
    if (script !== undefined) {
      found.push({ script, first, shows: [] });
      first = false;
    } else if (comment === 'first terminal') first = true;
    else {
      const [, soon, text] = /^shows( soon)?: (.+)$/.exec(comment!) ?? [];
      if (!text || !found.length) throw new Error(`What does the comment "${comment}" mean?`);
      found.at(-1)!.shows.push({ text: new RegExp(text), soon: soon !== undefined });
    }
  }
  return found;
}

/** `npm start` is `dev`, as package.json says. You set the variables before it. */
async function start(script: string, dataDir: string): Promise<RunningCli> {
  const [, settings = ''] = /^((?:\w+=\S+ )*)npm start$/m.exec(script) ?? [];
  const env = Object.fromEntries(
    settings
      .trim()
      .split(' ')
      .filter(Boolean)
      .map((pair) => pair.split('=') as [string, string]),
  );
  const dev = startCli(['dev', '--json'], {
    DATA_DIR: dataDir,
    TEMPORAL_CLI_PATH: inject('temporalCli'),
    ...env,
  });
  // A killed `dev` would leave its servers running.
  onTestFinished(() => stop(dev));
  const facts = JSON.parse(await dev.printed('\n')) as DevFacts | { error: { message: string } };
  if ('error' in facts) throw new Error(facts.error.message);
  return dev;
}

async function stop(dev: RunningCli): Promise<void> {
  dev.kill('SIGINT');
  await dev.finished;
}

/**
 * A folder with an `npm` that runs the command line as package.json says. The real one takes half of a command's time, and the
 * page runs commands until they show what it says.
 */
function quickNpm(): string {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: { cli: string } };
  const folder = temporaryFolder();
  const lines = [`[ "$1 $2 $3 $4" = 'run -s cli --' ] || exit 9`, 'shift 4', `exec ${scripts.cli} "$@"`];
  fakeCommand(folder, 'npm', ...lines);
  return folder;
}

/** One shell for the whole page, like yours: a block can use what earlier ones defined. */
class Shell {
  readonly #process;
  #output = '';
  #blocks = 0;

  constructor(env: Record<string, string>) {
    this.#process = spawn('sh', [], { cwd: ROOT, env: { ...process.env, NO_COLOR: '1', ...env } });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    }
  }

  /** Runs a block and returns what it printed. @throws if a command in it fails, unless it may. */
  async run(script: string, mayFail: boolean): Promise<string> {
    const mark = `--- end of block ${++this.#blocks}`;
    this.#output = '';
    // In braces, so that the shell reads a block completely before it runs, and no command takes its input.
    this.#process.stdin.write(
      `{ set ${mayFail ? '+e' : '-e'}\n${script}\nset +e; } </dev/null\nprintf '\\n%s\\n' '${mark}'\n`,
    );
    const output = await eventually(
      () => {
        if (this.#output.includes(mark)) return this.#output.split(`\n${mark}`)[0]!;
        if (this.#process.exitCode !== null)
          throw new Error(`A command failed in:\n${script}\n${this.#output}`);
        return undefined;
      },
      { timeoutMs: 60_000 },
    );
    return output;
  }

  close(): void {
    this.#process.stdin.end();
    this.#process.kill();
  }
}

test(
  'docs/migration.md: every command runs as written and prints what the page says',
  { timeout: 420_000 },
  async () => {
    const dataDir = temporaryFolder();
    const shell = new Shell({ DATA_DIR: dataDir, PATH: `${quickNpm()}:${process.env['PATH']}` });
    onTestFinished(() => shell.close());
    let dev: RunningCli | undefined;
    const list = steps();
    expect(list.length).toBeGreaterThan(15);
    for (const { script, first, shows } of list) {
      if (first) {
        dev?.kill('SIGINT');
        await dev?.finished;
        dev = await start(script, dataDir);
        continue;
      }
      const soon = shows.some((expected) => expected.soon);
      let output = await shell.run(script, soon);
      if (soon) {
        // You would look again too: a block that shows something soon only looks.
        output = await eventually(
          async () => {
            const missing = shows.find(({ text }) => !text.test(output));
            if (!missing) return output;
            output = await shell.run(script, soon);
            throw new Error(`${missing.text.source} is not in:\n${output}`);
          },
          { timeoutMs: 60_000, everyMs: 1_000 },
        );
      }
      for (const { text } of shows) expect(output, script).toMatch(text);
    }
  },
);
