import type { IntegrationStatus } from '../../domain/life.ts';
import type { IntegrationData } from './data.ts';
import { html, type Html } from './html.ts';
import { page, type Frame } from './layout.ts';
import { code, NOTHING, section } from './parts.ts';
import type { ActName } from './query.ts';

interface ActWords {
  /** On its button. */
  label: string;
  /** What it does. */
  does: string;
  /** After it was done. */
  did: string;
  /** What its form asks for: nothing, or why. */
  reason: 'none' | 'optional' | 'required';
  /** States of an integration in which it makes sense. */
  in: readonly IntegrationStatus[];
}

export const ACTS: Record<ActName, ActWords> = {
  'sync-now': {
    label: 'Sync now',
    does: 'Reads what has changed, without waiting for a webhook.',
    did: 'A sync was asked for: it shows below as soon as it reads.',
    reason: 'none',
    in: ['active', 'parked'],
  },
  'full-sync': {
    label: 'Full sync',
    does: 'Reads everything again, and finds deletions.',
    did: 'A full sync has started, or goes on: it shows below as soon as it reads.',
    reason: 'none',
    in: ['active', 'parked'],
  },
  pause: {
    label: 'Pause',
    does: 'Stops reading until you resume it. Webhooks are accepted meanwhile, and what they name is read then.',
    did: 'It is paused. What ran was cancelled, and is read when you resume it.',
    reason: 'required',
    in: ['active', 'parked', 'paused'],
  },
  resume: {
    label: 'Resume',
    does: 'Goes on, beginning with what was missed.',
    did: 'It goes on: it is looked up at Kombo, and what was missed is read.',
    reason: 'optional',
    in: ['paused'],
  },
  cancel: {
    label: 'Cancel syncs',
    does: 'Cancels what runs for it. What was not read is owed, and the next sync reads it.',
    did: 'What ran was cancelled. What was not read is owed: the next sync reads it.',
    reason: 'optional',
    in: ['active', 'parked'],
  },
};

/** Why a form was not taken: what stands in it comes back. */
export interface Slip {
  reason: string;
  message: string;
}

const MAX_REASON = 500;

/**
 * What you can do with the integration, for those who may. What asks for a reason has a page of its own, since this one loads
 * itself again and would lose what you type.
 */
export function showActs({ integration, links, session }: IntegrationData): Html {
  if (session.role !== 'admin') return NOTHING;
  const { id, status } = integration;
  const names = (Object.keys(ACTS) as ActName[]).filter((name) => ACTS[name].in.includes(status));
  if (names.length === 0) return NOTHING;
  const buttons = names.map((name) => {
    const { label, does, reason } = ACTS[name];
    if (reason !== 'none') {
      return html`<a class="button" href="${links.act(id, name)}" title="${does}">${label} …</a>`;
    }
    return html`<form method="post" action="${links.act(id, name)}">
      ${formToken(session)}<button title="${does}">${label}</button>
    </form>`;
  });
  return section('acts', 'Acts', html`<div class="acts">${buttons}</div>`);
}

/** What has just been done, until the page loads itself again. */
export function showDone({ query }: IntegrationData): Html {
  if (query.did === null) return NOTHING;
  return html`<p class="notice" role="status">${ACTS[query.did].did}</p>`;
}

/** The form of an act that asks why. */
export function actPage(frame: Frame, id: string, name: ActName, slip?: Slip): string {
  const { links, session, query } = frame;
  const { label, does, reason } = ACTS[name];
  const back = links.integration(id, query);
  const required = reason === 'required';
  const content = html`
    <p class="back"><a href="${back}">${id}</a></p>
    <div class="head"><h1>${label}</h1></div>
    <p>${code(id)}: ${does}</p>
    <form class="act" method="post" action="${links.act(id, name)}">
      ${formToken(session)}
      <label for="reason">Why${required ? '' : ' (optional)'}</label>
      <input
        id="reason"
        name="reason"
        maxlength="${MAX_REASON}"
        value="${slip?.reason ?? ''}"
        ${required ? html`required` : ''}
        autofocus
        ${slip ? html`aria-describedby="problem" aria-invalid="true"` : ''}
      />
      ${slip ? html`<p id="problem" class="bad" role="alert">${slip.message}</p>` : ''}
      <p><button>${label}</button> <a href="${back}">Leave it</a></p>
    </form>
  `;
  return page(frame, { title: label, content });
}

const formToken = ({ formToken: token }: Frame['session']): Html =>
  html`<input type="hidden" name="form" value="${token}" />`;
