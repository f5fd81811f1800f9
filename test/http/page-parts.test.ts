import { expect, test } from 'vitest';
import { html } from '../../src/http/status-page/html.ts';
import { relativeTime, spanOfTime } from '../../src/domain/duration.ts';

test('html escapes values and keeps markup', () => {
  const items = ['<', '"'].map((item) => html`<b>${item}</b>`);
  expect(html`<p title="${`'&'`}">${items}${3}</p>`.toString().replace(/\s*\n\s*/g, '')).toBe(
    '<p title="&#39;&amp;&#39;"><b>&lt;</b><b>&quot;</b>3</p>',
  );
});

test.each([
  [0, 'now'],
  [-12, '12 s ago'],
  [-125, '2 min ago'],
  [-7_200, '2 h ago'],
  [3 * 86_400 + 5, 'in 3 d'],
])('%i seconds away is "%s"', (seconds, text) => {
  const now = new Date('2026-03-01T12:00:00Z');
  expect(relativeTime(new Date(now.getTime() + seconds * 1_000), now)).toBe(text);
});

test('a span of time has one unit', () => {
  expect(spanOfTime(0)).toBe('0 s');
  expect(spanOfTime(59_400)).toBe('59 s');
  expect(spanOfTime(59_600)).toBe('1 min');
  expect(spanOfTime(50 * 3_600_000)).toBe('2 d');
});
