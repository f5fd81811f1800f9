import { POLICIES } from '../../domain/errors.ts';
import { html, type Html } from './html.ts';
import type { ListData } from './data.ts';
import { safetyNet } from './safety-net.ts';
import { code, codes, count, moment } from './parts.ts';

/** After this time without a legacy webhook, they count as switched off. */
const LEGACY_MS = 24 * 3_600_000;

/** Notices about the whole service; empty if there are none. */
export function notices(data: ListData): Html {
  const found = [
    refused(data),
    temporalAway(data),
    ...safetyNet(data),
    legacy(data),
    unknown(data),
    models(data),
  ].filter((notice) => notice !== null);
  if (found.length === 0) return html``;
  return html`<ul class="notices" aria-label="Notices">
    ${found}
  </ul>`;
}

function refused({ notices, now }: ListData): Html | null {
  if (!notices.refused) return null;
  const { code: answer, at } = notices.refused;
  return html`<li class="bad">
    <strong>Kombo refuses every request</strong> (${code(answer)}, last ${moment(at, now)}).
    ${POLICIES.AccessDenied.remedy} What was not read is owed.
  </li>`;
}

function temporalAway({ nextFullSyncs, links }: ListData): Html | null {
  if (nextFullSyncs) return null;
  return html`<li class="bad">
    <strong>Temporal cannot be asked</strong>: next runs are not known, and webhooks may be refused.
    <a href="${links.to('/readyz')}">Readiness</a> says why.
  </li>`;
}

function legacy({ notices, legacyMode, now, query, links }: ListData): Html | null {
  const { types, lastSeenAt } = notices.legacy;
  if (!lastSeenAt || now.getTime() - lastSeenAt.getTime() > LEGACY_MS) return null;
  const cutover = html`<a href="${links.cutover(query)}">Cutover</a>`;
  return html`<li class="wait">
    <strong>Legacy webhooks still come</strong>: ${codes(types)}, last ${moment(lastSeenAt, now)}.
    ${
      legacyMode === 'on'
        ? html`${cutover} says whether they can be switched off.`
        : html`<code>LEGACY_WEBHOOKS</code> is off, so they do nothing: unsubscribe them in the Kombo
            dashboard.`
    }
  </li>`;
}

function unknown({ notices, query, links, unknown: shown }: ListData): Html | null {
  if (notices.unknown === 0) return null;
  const ids = `${count(notices.unknown)} ${notices.unknown === 1 ? 'id' : 'ids'} that Kombo does not know`;
  const href = shown.length > 0 ? '#unknown' : `${links.list({ refresh: query.refresh })}#unknown`;
  return html`<li class="wait"><strong>Webhooks name</strong> <a href="${href}">${ids}</a>.</li>`;
}

const NAMES_SHOWN = 10;

function models({ notices }: ListData): Html | null {
  const names = notices.unknownModels;
  if (names.length === 0) return null;
  const more = names.length > NAMES_SHOWN ? `, and ${count(names.length - NAMES_SHOWN)} more` : '';
  return html`<li class="wait">
    <strong>Webhooks name models that this version does not know</strong>:
    ${codes(names.slice(0, NAMES_SHOWN))}${more}. Nothing is read for them: install a newer version, or name
    the paths of their lists in <code>EXTRA_ENDPOINTS</code>.
  </li>`;
}
