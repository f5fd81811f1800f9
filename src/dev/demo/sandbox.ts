import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createSandbox, type Sandbox } from '../../../sandbox/index.ts';
import { writePrivately } from '../processes/private-file.ts';

export interface DevSandbox {
  /** The URL of its API. */
  readonly url: string;
  readonly control: Sandbox['control'];
  close(): Promise<void>;
}

const SAVE_AFTER_MS = 500;

/** Starts the sandbox where the last one stopped. Its changes are kept in the data folder. */
export async function startSandbox(options: {
  dataDir: string;
  apiKey: string;
  webhookSecret: string;
}): Promise<DevSandbox> {
  const file = path.join(options.dataDir, 'sandbox.json');
  const savedState = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  const sandbox = restore(file, () =>
    createSandbox({ apiKey: options.apiKey, webhookSecret: options.webhookSecret, savedState }),
  );
  const save = () => writePrivately(file, sandbox.control.saveState());
  let saving: NodeJS.Timeout | undefined;
  const saveSoon = () => {
    saving ??= setTimeout(() => {
      saving = undefined;
      save();
    }, SAVE_AFTER_MS);
  };
  sandbox.control.on('changed', saveSoon);
  sandbox.control.on('webhook', saveSoon);
  // Saves what you change by hand, for example in the tutorial.
  sandbox.app.addHook('onResponse', (request, _reply, done) => {
    if (request.url.startsWith('/__control/')) saveSoon();
    done();
  });
  const url = await sandbox.listen();
  return {
    url,
    control: sandbox.control,
    close: async () => {
      await sandbox.close();
      clearTimeout(saving);
      save();
    },
  };
}

function restore(file: string, create: () => Sandbox): Sandbox {
  try {
    return create();
  } catch (cause) {
    const remedy = `Delete ${file}: the sandbox then starts with its original data.`;
    throw new Error(`The sandbox cannot read its saved state. ${remedy}`, { cause });
  }
}
