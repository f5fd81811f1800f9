import { createHash } from 'node:crypto';

export const STYLE = `
:root { color-scheme: light dark; --ink: #1d2126; --soft: #667079; --line: #e3e6e9; --paper: #fff; --good: #1c7c45; --bad: #b3261e; --wait: #8a6100; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8ea; --soft: #98a1a9; --line: #2e3338; --paper: #16181b; --good: #6bcf95; --bad: #ff8a80; --wait: #e6bb5c; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 2.5rem 1.5rem; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
header { display: flex; align-items: baseline; gap: 1rem; flex-wrap: wrap; margin-bottom: 1.5rem; }
h1 { font-size: 1.25rem; font-weight: 600; margin: 0; }
header p { margin: 0; color: var(--soft); flex: 1; }
nav { display: flex; gap: 1rem; }
a { color: inherit; text-decoration-color: var(--soft); text-underline-offset: 3px; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 0.55rem 1rem 0.55rem 0; border-bottom: 1px solid var(--line); vertical-align: top; white-space: nowrap; }
th { font-weight: 500; font-size: 0.85rem; color: var(--soft); }
td.wrap { white-space: normal; }
small { display: block; color: var(--soft); }
code { font: 0.9em ui-monospace, monospace; }
.good { color: var(--good); } .bad { color: var(--bad); } .wait { color: var(--wait); } .soft { color: var(--soft); }
form { max-width: 22rem; display: grid; gap: 0.75rem; }
nav form { display: inline; }
input { font: inherit; color: inherit; background: transparent; border: 1px solid var(--soft); border-radius: 4px; padding: 0.4rem 0.6rem; }
button { font: inherit; color: var(--paper); background: var(--ink); border: 0; border-radius: 4px; padding: 0.45rem 0.8rem; cursor: pointer; }
nav button { color: inherit; background: none; padding: 0; text-decoration: underline; text-decoration-color: var(--soft); text-underline-offset: 3px; }
`;

const hash = createHash('sha256').update(STYLE).digest('base64');

/** Nothing but the page's own style, forms to ourselves, and no way to frame it. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${hash}'`,
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');
