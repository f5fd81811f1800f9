import { expect, test } from 'vitest';
import type { PageEvent } from '../../activities/support/deps.ts';
import { Progress } from '../../src/dev/demo/progress.ts';
import { NO_COUNTS } from '../../src/domain/counts.ts';

test('the line of a first sync counts only the reads of that sync', () => {
  const lines: string[] = [];
  const output = { updates: false, say: (line: string) => lines.push(line), block: () => {} };
  const progress = new Progress(output, new Map([['a:b', 1]]));
  const page = (trigger: PageEvent['trigger'], records: number) =>
    progress.page({
      integrationId: 'a:b',
      endpoint: '/lms/users',
      kind: 'full',
      trigger,
      page: 1,
      counts: { ...NO_COUNTS, records },
      done: true,
    });
  page('initial', 30);
  page('catch-up', 0);
  progress.end('a:b', 'completed in 1.0 s');
  expect(lines.join('\n')).toMatch(
    /^ +a:b +\/lms\/users +30 records\n +a:b .* 30 records +completed in 1\.0 s$/,
  );
});
