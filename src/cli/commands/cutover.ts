import type { Command } from 'commander';
import { cutoverText } from '../cutover-text.ts';
import { addCommand } from '../support/define.ts';
import { EXIT } from '../support/errors.ts';
import { parseCount } from '../support/options.ts';
import { run } from '../support/run.ts';

const HELP = `
ready: data-changed tells of everything that the legacy webhooks (sync-finished, remote-event-received) tell of, and the
copy is whole and fresh. wait: it has not shown yet. blocked: something must be done first. Ends with 0 when all are ready,
with 1 when not.`;

export function register(program: Command): void {
  addCommand(
    program,
    'cutover [id]',
    'Say whether the legacy webhooks can be switched off, and what is missing; exit 1 when not',
    ['cutover', 'cutover personio:CBNMt7dSNCzBdnRTx87dev4E', 'cutover --syncs 10 --json'],
  )
    .addHelpText('after', HELP)
    .option('--syncs <n>', 'how many of the last changes by a legacy webhook are judged', parseCount(100), 5)
    .action(
      run(['DATABASE_URL'], async (context, id: string | undefined, { syncs }: { syncs: number }) => {
        const { cutoverReport } = await import('../../operations/cutover.ts');
        const report = await cutoverReport(await context.operations(), { id, syncs });
        context.print(report, () => cutoverText(report, id));
        return report.verdict === 'ready' ? EXIT.done : EXIT.failed;
      }),
    );
}
