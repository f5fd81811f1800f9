import { expect, test } from 'vitest';
import { html } from '../../src/http/status-page/html.ts';

test('html escapes values and keeps markup', () => {
  const items = ['<', '"'].map((item) => html`<b>${item}</b>`);
  expect(html`<p title="${`'&'`}">${items}${3}</p>`.toString().replace(/\s*\n\s*/g, '')).toBe(
    '<p title="&#39;&amp;&#39;"><b>&lt;</b><b>&quot;</b>3</p>',
  );
});
