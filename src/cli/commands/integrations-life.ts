import type { Command } from 'commander';
import { cancelledText } from '../cancelled-text.ts';
import { addCommand } from '../define.ts';
import { erasureText } from '../life-text.ts';
import { run } from '../run.ts';

const EXAMPLE_ID = 'personio:CBNMt7dSNCzBdnRTx87dev4E';

export function registerPause(group: Command): void {
  addCommand(group, 'pause <id>', 'Stop reading an integration until you resume it', [
    `integrations pause ${EXAMPLE_ID} --reason "the customer moves to another tool"`,
  ])
    .requiredOption('--reason <text>', 'why, for those who find it paused')
    .action(
      run(['DATABASE_URL'], async (context, id: string, options: { reason: string }) => {
        const { pauseIntegration } = await import('../../operations/integrations.ts');
        const { checkReason } = await import('../../operations/require.ts');
        checkReason(options.reason);
        const done = await pauseIntegration(await context.operations(), id, options.reason);
        const reason = done.integration.statusReason ?? '';
        context.print(done, () =>
          [
            done.paused
              ? `${id} is paused: ${reason}`
              : `${id} was paused already; the reason is now: ${reason}`,
            ...cancelledText(done.cancelled),
            'Webhooks are accepted all the same, and what they name is read later.',
            `To go on: kombo-sync integrations resume ${id}`,
          ].join('\n'),
        );
      }),
    );
}

export function registerResume(group: Command): void {
  addCommand(
    group,
    'resume <id>',
    'Go on with a paused integration, beginning with what was missed meanwhile',
    [`integrations resume ${EXAMPLE_ID}`],
  ).action(
    run(['DATABASE_URL'], async (context, id: string) => {
      const { resumeIntegration } = await import('../../operations/integrations.ts');
      const done = await resumeIntegration(await context.operations(), id);
      const { status, statusReason } = done.integration;
      const reason = statusReason ? `: ${statusReason}` : '.';
      context.print(done, () =>
        done.resumed
          ? `${id} goes on: it is looked up at Kombo, and what was missed is read.`
          : `${id} is not paused, so there is nothing to resume. It is ${status}${reason}`,
      );
    }),
  );
}

export function registerRemove(group: Command): void {
  addCommand(group, 'remove <id>', 'Stop reading an integration for good, and erase its data in time', [
    `integrations remove ${EXAMPLE_ID}`,
    `integrations remove ${EXAMPLE_ID} --erase`,
  ])
    .option('--erase', 'erase its data now, without waiting for DELETED_RETENTION')
    .action(
      run(['DATABASE_URL'], async (context, id: string, { erase = false }: { erase?: boolean }) => {
        const { removeIntegration } = await import('../../operations/integrations.ts');
        const done = await removeIntegration(await context.operations(), id, { erase });
        const { removed, integration, cancelled, eraseAt } = done;
        context.print(done, () =>
          [
            removed
              ? `${id} is removed: its schedules are deleted, and webhooks about it change nothing.`
              : `${id} was removed already: ${integration.statusReason ?? ''}`,
            ...cancelledText(cancelled),
            erase
              ? 'Its data are erased as soon as a worker takes that up.'
              : erasureText(integration.erasedAt, eraseAt),
            ...(removed ? [`To bring it back: kombo-sync integrations add ${id}`] : []),
          ].join('\n'),
        );
      }),
    );
}
