import { createOutput } from '../../dev/output.ts';
import { runDev } from '../../dev/run.ts';
import type { Context } from '../support/context.ts';
import { jsonText } from '../support/terminal.ts';

export async function handle(context: Context): Promise<void> {
  const signal = context.stopSignal();
  await runDev({
    env: { ...process.env },
    config: context.config,
    output: createOutput(context.json ? process.stderr : process.stdout),
    signal,
    onReady: (facts) => {
      if (context.json) process.stdout.write(jsonText(facts));
    },
  });
}
