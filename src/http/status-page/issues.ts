import type { OpenIssue } from '../../store/state/issues.ts';
import { html, type Html } from './html.ts';
import { code, count, moment, tableSection } from './parts.ts';

/** Open issues. Kombo's text is shown as plain text: its Markdown is never rendered. */
export function showIssues(title: string, issues: readonly OpenIssue[], now: Date): Html {
  return tableSection(
    'issues',
    title,
    [
      { title: 'Issue', kind: 'wide', cell: describeIssue },
      { title: 'Type', cell: ({ type }) => code(type) },
      { title: 'Since', kind: 'short', cell: ({ firstObservedAt }) => moment(firstObservedAt, now) },
    ],
    issues,
    { note: 'Kombo has raised them. They disappear when Kombo says that they are resolved.' },
  );
}

function describeIssue({ title, message }: OpenIssue): Html {
  const lines = message.split('\n').filter((line) => line !== '');
  return html`<strong>${title}</strong>${lines.map((line) => html`<small>${line}</small>`)}`;
}

/** The line under the state of an integration in the list. */
export function issueTitles(issues: readonly OpenIssue[], now: Date): Html {
  const [first, ...others] = issues;
  if (!first) return html``;
  const more = others.length > 0 ? html` and ${count(others.length)} more` : '';
  return html`<small class="bad">
    Issue at Kombo: ${first.title}, since ${moment(first.firstObservedAt, now)}${more}
  </small>`;
}
