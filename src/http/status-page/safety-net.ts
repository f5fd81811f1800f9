import { fullSyncScheduleId } from '../../domain/names.ts';
import { shellWord } from '../../domain/text.ts';
import type { Troubled } from '../../operations/safety-net.ts';
import type { ListData } from './data.ts';
import { html, type Html } from './html.ts';
import { code, count } from './parts.ts';

const NAMES_SHOWN = 5;

interface Saying {
  one: string;
  many: string;
  /** What mends it or says more. */
  command: string;
}

const SAID: Record<Troubled['state'], Saying> = {
  missing: {
    one: 'weekly full sync has no schedule',
    many: 'weekly full syncs have no schedule',
    command: 'kombo-sync setup',
  },
  paused: {
    one: 'weekly full sync is paused',
    many: 'weekly full syncs are paused',
    command: 'kombo-sync setup',
  },
  no_next_run: {
    one: 'weekly full sync has no next run',
    many: 'weekly full syncs have no next run',
    command: 'kombo-sync setup',
  },
  last_run_failed: {
    one: 'weekly full sync has failed',
    many: 'weekly full syncs have failed',
    command: 'kombo-sync status',
  },
};

/** Integrations whose deletions and missed changes nothing would find. */
export function safetyNet({ safetyNet: net, links, query }: ListData): Html[] {
  if (!net?.schedules) return [];
  const { byState, troubled } = net.schedules;
  const states = Object.keys(SAID) as Troubled['state'][];
  return states
    .filter((state) => byState[state] > 0)
    .map((state) => {
      const some = troubled.filter((one) => one.state === state).slice(0, NAMES_SHOWN);
      const more =
        byState[state] > some.length ? html`, and ${count(byState[state] - some.length)} more` : html``;
      const { one, many } = SAID[state];
      const names = some.map(
        (one, index) =>
          html`${index > 0 ? ', ' : ''}<a href="${links.integration(one.id, query)}">${one.id}</a
            >${whyPaused(one)}`,
      );
      return html`<li class="bad">
        <strong>${count(byState[state])} ${byState[state] === 1 ? one : many}</strong>: ${names}${more}.
        ${remedyFor(some[0]!)}
      </li>`;
    });
}

function whyPaused({ byHand, note }: Troubled): Html {
  if (!byHand) return html``;
  return note === null ? html` (by hand in Temporal)` : html` (by hand in Temporal: “${note}”)`;
}

function remedyFor(one: Troubled): Html {
  if (one.byHand) {
    const command = `temporal schedule toggle --unpause --schedule-id ${shellWord(fullSyncScheduleId(one.id))}`;
    return html`It stays so until you resume it: ${code(command)}`;
  }
  return html`${code(SAID[one.state].command)}
  ${one.state === 'last_run_failed' ? 'says why.' : 'mends that.'}`;
}
