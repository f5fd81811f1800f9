import type { Command } from 'commander';
import type { Integration } from '../../store/integrations.ts';
import { addCommand, addGroup } from '../define.ts';
import { absolute, pairs, relative, table } from '../format.ts';
import { run } from '../run.ts';

const EXAMPLE_ID = 'personio:CBNMt7dSNCzBdnRTx87dev4E';

export function register(program: Command): void {
  const group = addGroup(program, 'integrations', 'List, show and add integrations', [
    'integrations list',
    `integrations add ${EXAMPLE_ID}`,
  ]);

  addCommand(group, 'list', 'List the integrations', ['integrations list']).action(
    run(['DATABASE_URL'], async (context) => {
      const { listIntegrations } = await import('../../store/integrations.ts');
      const integrations = await listIntegrations(await context.store());
      context.print({ integrations }, () =>
        integrations.length === 0
          ? 'There is no integration yet; "kombo-sync integrations add <id>" adds one.'
          : table(
              ['INTEGRATION', 'TOOL', 'CATEGORY', 'STATUS', 'ORGANIZATION', 'ADDED'],
              integrations.map((one) => [
                one.id,
                one.tool,
                one.category,
                one.status,
                one.organizationName,
                relative(one.createdAt),
              ]),
            ),
      );
    }),
  );

  addCommand(group, 'show <id>', 'Show one integration', [`integrations show ${EXAMPLE_ID}`]).action(
    run(['DATABASE_URL'], async (context, id: string) => {
      const { requireIntegration } = await import('../../operations/require.ts');
      const integration = await requireIntegration(await context.store(), id);
      context.print({ integration }, () => describe(integration));
    }),
  );

  addCommand(group, 'add <id>', 'Look an integration up at Kombo, add it, and start its first full sync', [
    `integrations add ${EXAMPLE_ID}`,
    `integrations add ${EXAMPLE_ID} --no-sync`,
  ])
    .option('--no-sync', 'do not start the first full sync')
    .action(
      run(['KOMBO_API_KEY', 'DATABASE_URL'], async (context, id: string, options: { sync: boolean }) => {
        const { addIntegration } = await import('../../operations/integrations.ts');
        const deps = { ...(await context.operations()), kombo: await context.kombo() };
        const added = await addIntegration(deps, id, { sync: options.sync });
        context.print(added, () =>
          [
            `${added.integration.id} (${added.integration.tool}, ${added.integration.category}) is ${added.new ? 'added' : 'up to date'}; its schedules are ${added.schedules}.`,
            added.sync
              ? `Its first full sync ${added.sync.alreadyRunning ? 'runs already' : 'has started'}: workflow ${added.sync.workflowId}, run ${added.sync.runId}.`
              : options.sync
                ? 'It has been read in full before; "kombo-sync sync full" reads it again.'
                : 'No sync was started.',
          ].join('\n'),
        );
      }),
    );
}

function describe(integration: Integration): string {
  return pairs([
    ['Integration', integration.id],
    ['Tool', integration.tool],
    ['Category', integration.category],
    ['Organization', integration.organizationName],
    ['Status', [integration.status, integration.statusReason].filter(Boolean).join(': ')],
    ['Not offered', integration.unavailableModels.join(', ')],
    ['Looked up', relative(integration.lookedUpAt)],
    ['Added', absolute(integration.createdAt)],
  ]);
}
