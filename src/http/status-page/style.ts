import { createHash } from 'node:crypto';

const COLOURS = `
:root {
  color-scheme: light dark;
  --ink: #1c2127; --soft: #5b6570; --line: #dfe3e7; --paper: #f6f7f8; --card: #fff; --field: #8a949e;
  --good: #176b3a; --bad: #a8201a; --wait: #7d5800; --link: #0b5394; --focus: #0b63ce;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e4e7ea; --soft: #9aa4ae; --line: #2c3239; --paper: #121416; --card: #1a1d21; --field: #6d7781;
    --good: #6fd39a; --bad: #ff938a; --wait: #e8c06a; --link: #8ec1ff; --focus: #8ec1ff;
  }
}`;

const BASICS = `
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
a { color: var(--link); text-underline-offset: 3px; text-decoration-thickness: 1px; }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 3px; }
main:focus { outline: none; }
h1 { font-size: 1.4rem; line-height: 1.25; font-weight: 650; margin: 0; }
h2 { font-size: 1.05rem; font-weight: 650; margin: 0 0 0.6rem; }
p { margin: 0; }
code, pre { font: 0.88em/1.45 ui-monospace, SFMono-Regular, Menlo, monospace; }
small { display: block; font-size: 0.85rem; line-height: 1.4; color: var(--soft); }
small.ink { color: var(--ink); }
.soft, .note { color: var(--soft); }
.note { font-size: 0.88rem; max-width: 62rem; }
.good { color: var(--good); } .wait { color: var(--wait); } .bad { color: var(--bad); }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }`;

const FRAME = `
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: 0.3rem 1.4rem; padding: 0.7rem 1.5rem; background: var(--card); border-bottom: 1px solid var(--line); }
.bar .brand { font-weight: 650; }
.bar nav { display: flex; flex-wrap: wrap; gap: 0.2rem 1.2rem; flex: 1; }
.bar a { color: var(--soft); text-decoration: none; padding: 0.2rem 0; }
.bar a:hover { color: var(--ink); text-decoration: underline; }
.bar a[aria-current] { color: var(--ink); font-weight: 600; box-shadow: inset 0 -2px 0 var(--ink); }
main { max-width: 84rem; margin: 0 auto; padding: 1.5rem; display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.2rem; }
footer { max-width: 84rem; margin: 0 auto; padding: 0.5rem 1.5rem 2rem; font-size: 0.85rem; color: var(--soft); }
footer a { color: inherit; }
.skip { position: absolute; left: -100rem; top: 0; padding: 0.5rem 1rem; background: var(--card); z-index: 1; }
.skip:focus { left: 0; }
.head { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: end; gap: 0.4rem 2rem; }
.head p, .asof { color: var(--soft); }
.back { margin-bottom: -0.7rem; font-size: 0.9rem; }
.small { max-width: 26rem; padding-top: 3rem; }
section { padding-top: 0.6rem; }
section > .note { margin-bottom: 0.6rem; }
.empty { color: var(--soft); padding: 0.2rem 0; }
pre { margin: 0; padding: 0.8rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 6px; overflow-x: auto; }`;

const FORMS = `
input, select { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--field); border-radius: 5px; padding: 0.4rem 0.6rem; width: 100%; min-height: 2.4rem; }
label { display: block; font-size: 0.85rem; color: var(--soft); margin-bottom: 0.2rem; }
button { font: inherit; color: var(--card); background: var(--ink); border: 1px solid var(--ink); border-radius: 5px; padding: 0.4rem 1rem; min-height: 2.4rem; cursor: pointer; }
a.button { display: inline-flex; align-items: center; color: var(--ink); background: var(--card); border: 1px solid var(--field); border-radius: 5px; padding: 0.4rem 1rem; min-height: 2.4rem; text-decoration: none; }
a.button:hover { border-color: var(--ink); }
.acts { display: flex; flex-wrap: wrap; gap: 0.6rem; }
.act { display: grid; gap: 0.8rem; max-width: 40rem; }
button.plain { color: var(--soft); background: none; border: 0; padding: 0.2rem 0; min-height: 0; }
button.plain:hover { color: var(--ink); text-decoration: underline; }
.login { display: grid; gap: 0.8rem; }
.search { display: flex; flex-wrap: wrap; align-items: end; gap: 0.8rem; }
.search div:first-child { flex: 1 1 14rem; max-width: 26rem; }
.search .field { flex: 0 1 26rem; color: var(--soft); background: var(--card); border: 1px solid var(--field); border-radius: 5px; padding: 0.5rem 0.6rem; text-decoration: none; }
.search .note { align-self: center; }
.filters { display: flex; flex-wrap: wrap; gap: 0.4rem; margin: 0; padding: 0; list-style: none; }
.filters a { display: block; padding: 0.25rem 0.8rem; border: 1px solid var(--line); border-radius: 2rem; background: var(--card); color: var(--ink); text-decoration: none; }
.filters a:hover { border-color: var(--field); }
.filters a[aria-current] { background: var(--ink); border-color: var(--ink); color: var(--card); }
.amount { margin-left: 0.25rem; font-variant-numeric: tabular-nums; opacity: 0.85; }
.notices { display: grid; gap: 0.5rem; margin: 0; padding: 0; list-style: none; }
.notices li, .notice { color: var(--ink); background: var(--card); border: 1px solid var(--line); border-left: 4px solid currentColor; border-radius: 5px; padding: 0.55rem 0.9rem; }
.notices .bad { border-left-color: var(--bad); } .notices .wait { border-left-color: var(--wait); } .notices .good, .notice { border-left-color: var(--good); }
.pages { display: flex; flex-wrap: wrap; gap: 0.4rem 1.4rem; color: var(--soft); }`;

const CONTENT = `
.tag { display: inline-flex; align-items: center; gap: 0.4rem; font-weight: 550; white-space: nowrap; }
.tag::before { content: ''; width: 0.55rem; height: 0.55rem; border-radius: 50%; background: currentColor; }
.tag.soft::before { background: none; border: 2px solid currentColor; }
.tag.bad::before { border-radius: 1px; }
.tag.wait::before { border-radius: 1px; transform: rotate(45deg) scale(0.85); }
.check + .check { margin-top: 0.5rem; }
.need { display: inline-block; font-size: 0.8rem; font-weight: 600; color: var(--bad); border: 1px solid; border-radius: 4px; padding: 0 0.4rem; white-space: nowrap; }
.tag + .need { margin-left: 0.4rem; }
.name { font-weight: 600; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: 0.9rem 2rem; margin: 0; padding: 1rem 1.2rem; background: var(--card); border: 1px solid var(--line); border-radius: 6px; }
.facts dt { font-size: 0.85rem; color: var(--soft); }
.facts dd { margin: 0; }
table { width: 100%; border-collapse: collapse; background: var(--card); border: 1px solid var(--line); font-variant-numeric: tabular-nums; }
th, td { text-align: left; font-weight: 400; padding: 0.55rem 0.9rem; border-bottom: 1px solid var(--line); vertical-align: top; }
tbody tr:last-child > * { border-bottom: 0; }
time, .short { white-space: nowrap; }
.wide { width: 24%; min-width: 14rem; }
thead th { font-size: 0.85rem; color: var(--soft); padding-block: 0.45rem; }
.number { text-align: right; }
td.number { white-space: nowrap; }
@media (max-width: 60rem) {
  .cards, .cards tbody, .cards tr, .cards th, .cards td { display: block; }
  .cards { border: 0; background: none; }
  .cards thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .cards tbody tr { display: flex; flex-wrap: wrap; column-gap: 1.4rem; background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 0.6rem 0.9rem; margin-bottom: 0.6rem; }
  .cards tbody th, .cards tbody td { flex: 1 1 100%; border: 0; padding: 0.15rem 0; text-align: left; }
  .cards tbody td { display: grid; grid-template-columns: 7.5rem minmax(0, 1fr); gap: 0.6rem; }
  .cards tbody th { font-weight: 600; }
  .cards tbody td:has(.nil) { display: none; }
  .cards tbody .short, .cards tbody .number { display: flex; flex: 0 1 auto; gap: 0.5rem; white-space: normal; }
  .cards .wide { width: auto; }
  .cards tbody td::before { content: attr(data-label); font-size: 0.85rem; line-height: 1.65; color: var(--soft); }
}
@media (max-width: 40rem) {
  .bar { padding-inline: 1rem; } main { padding: 1rem; gap: 1rem; } footer { padding-inline: 1rem; }
  .cards tbody td { grid-template-columns: 6.5rem minmax(0, 1fr); }
  .facts { gap: 0.5rem; padding: 0.7rem 0.9rem; } .facts div { display: grid; grid-template-columns: 6.5rem minmax(0, 1fr); gap: 0.6rem; }
  .bar nav { order: 1; flex: 1 1 100%; gap: 0.2rem 0.8rem; font-size: 0.88rem; } .bar > span { flex: 1; }
  .search div:first-child { flex: 1 1 100%; max-width: none; } .search div { flex: 1; }
}`;

export const STYLE = [COLOURS, BASICS, FRAME, FORMS, CONTENT].join('\n').replaceAll(/\n\s*/g, '\n');

const hash = createHash('sha256').update(STYLE).digest('base64');

/** Allows the page's own style and forms to this server, and nothing else; other pages cannot frame it. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${hash}'`,
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');
