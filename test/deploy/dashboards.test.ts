import { globSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { createMetrics } from '../../src/http/monitoring/metrics.ts';
import { createWorkerMetrics } from '../../src/worker/metrics.ts';
import { read, ROOT, section } from '../docs/markdown.ts';

interface Target {
  expr: string;
  datasource: { uid: string };
}
interface Panel {
  id: number;
  type: string;
  title: string;
  targets?: Target[];
  gridPos: { h: number; w: number; x: number; y: number };
}
interface Dashboard {
  uid: string;
  title: string;
  templating: { list: { name: string; type: string }[] };
  panels: Panel[];
}
interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string };
}

const files = globSync('deploy/grafana/*.json', { cwd: ROOT }).toSorted();
const dashboards = files.map((file) => ({ file, board: JSON.parse(read(file)) as Dashboard }));
const { groups } = parse(read('deploy/prometheus/alerts.yaml')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);

/** Metrics by name, with the labels that each can have. */
async function knownMetrics(): Promise<Map<string, string[]>> {
  const known = new Map<string, string[]>();
  const pages = [
    (await createMetrics().render(undefined)).body,
    await createWorkerMetrics({ perIntegration: true }).registry.metrics(),
  ];
  for (const page of pages) {
    for (const [, name, type] of page.matchAll(/^# TYPE (\w+) (\w+)$/gm)) {
      const names = type === 'histogram' ? ['_bucket', '_count', '_sum'].map((end) => name + end) : [name!];
      for (const one of names) known.set(one, []);
    }
  }
  // Those of Temporal's SDK appear when they are used; test/e2e/worker-metrics.test.ts scrapes them from a worker.
  for (const [, name] of section('docs/reference.md', '### Metrics of `worker`').matchAll(
    /`(temporal_\w+)`/g,
  )) {
    const ends = name!.endsWith('_seconds') ? ['_bucket', '_count', '_sum'] : [''];
    for (const end of ends) known.set(name! + end, []);
  }
  return known;
}

const metricsIn = (expr: string) =>
  [...expr.matchAll(/\b((?:kombo_sync|temporal|process|nodejs)_\w+)/g)].map(([, name]) => name!);

test('every metric that a panel or an alert asks for exists', async () => {
  const known = await knownMetrics();
  const asked = [
    ...dashboards.flatMap(({ file, board }) =>
      board.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => [file, expr] as const)),
    ),
    ...rules.map(({ alert, expr }) => [alert, expr] as const),
  ];
  expect(asked.length).toBeGreaterThan(60);
  const unknown = asked.flatMap(([where, expr]) => {
    const names = metricsIn(expr);
    expect(names, `${where}: ${expr}`).not.toEqual([]);
    return names.filter((name) => !known.has(name)).map((name) => `${where}: ${name}`);
  });
  expect(unknown).toEqual([]);
});

test('every metric of the service is on a dashboard or in an alert', async () => {
  const text = [...files, 'deploy/prometheus/alerts.yaml'].map(read).join('\n');
  const known = [...(await knownMetrics()).keys()].filter((name) => name.startsWith('kombo_sync_'));
  const base = (name: string) => name.replace(/_(bucket|count|sum)$/, '');
  const left = [...new Set(known.map(base))].filter((name) => !text.includes(name));
  expect(left).toEqual([
    'kombo_sync_webhook_unknown_models_total',
    'kombo_sync_requests_shed_total',
    'kombo_sync_connections_refused_total',
  ]);
});

test.each(dashboards)('$file is a dashboard that can be provisioned anywhere', ({ board }) => {
  expect(board.uid).toMatch(/^kombo-sync-[a-z]+$/);
  expect(board.templating.list[0]).toMatchObject({ name: 'datasource', type: 'datasource' });
  const ids = board.panels.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { type, title, targets = [], gridPos } of board.panels) {
    expect(title).not.toBe('');
    expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    if (type !== 'row') expect(targets.length).toBeGreaterThan(0);
    for (const { datasource } of targets) expect(datasource.uid).toBe('${datasource}');
  }
});

test('no panel lies over another one', () => {
  for (const { file, board } of dashboards) {
    const taken = new Set<string>();
    for (const { title, gridPos } of board.panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(taken.has(`${x} ${y}`), `${file}: ${title}`).toBe(false);
          taken.add(`${x} ${y}`);
        }
      }
    }
  }
});

test('each alert has a name, a severity, a summary and a test', () => {
  const tests = read('deploy/prometheus/alerts.test.yaml');
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  for (const { alert, labels, annotations } of rules) {
    expect(labels.severity).toMatch(/^(critical|warning|info)$/);
    expect(annotations.summary).not.toBe('');
    expect(tests, alert).toContain(`alertname: ${alert}`);
  }
});
