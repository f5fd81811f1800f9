import { eraseOne, findErasable, type ErasedRecord } from '../../operations/records.ts';
import { confirm } from '../support/confirm.ts';
import type { Context } from '../support/context.ts';
import { plural } from '../support/format.ts';

export async function handle(
  context: Context,
  table: string,
  integrationId: string,
  id: string,
  { yes = false }: { yes?: boolean },
): Promise<void> {
  const deps = { store: context.store(), actor: context.actor() };
  const name = { table, integrationId, id };
  if (!yes) {
    await confirm(context, 'Erase it?', async () => keptText(await findErasable(deps, name)));
  }
  const erased = await eraseOne(deps, name);
  context.print(erased, () =>
    [
      yes ? keptText(erased) : '',
      'It is erased here.',
      erased.row === 'live' &&
        'Kombo had it as live: it comes back with the next read unless it is deleted in the tool.',
      mentionsText(erased),
    ]
      .filter(Boolean)
      .join('\n'),
  );
}

/** For example `ats_candidates 7 of demo:1: a live row, 3 entries of the change feed (its id only)`. */
function keptText({ table, integrationId, id, row, setAside, changes }: ErasedRecord): string {
  const parts = [
    row === null ? 'no row' : row === 'erased' ? 'a row that is erased already' : `a ${row} row`,
    setAside > 0 && `${plural(setAside, 'copy', 'copies')} set aside`,
    changes > 0 &&
      `${plural(changes, 'entry', 'entries')} of the change feed, which hold its id only and stay`,
  ];
  return `${table} ${id} of ${integrationId}: ${parts.filter(Boolean).join('; ')}.`;
}

function mentionsText({ mentions }: ErasedRecord): string {
  if (mentions.length === 0) return 'No other record names it.';
  return [
    'Other records name it and may hold a copy of its fields. Kombo refreshes them; erase those that you do not need:',
    ...mentions.map(({ table, ids, more }) => `  ${table}: ${ids.join(', ')}${more ? ', …' : ''}`),
  ].join('\n');
}
