import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { NotChosen } from '../../src/domain/choice.ts';
import { cutoverText } from '../../src/cli/commands/cutover.ts';
import type { IntegrationCutover, Verdict } from '../../src/domain/cutover.ts';
import type { CutoverReport } from '../../src/operations/cutover.ts';
import { addDeliveries, type DeliveryCount } from '../../src/store/state/deliveries.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { createCliSystem, type CliSystem } from './system.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

describe('one integration', () => {
  const READY = uniqueIntegrationId();
  const OTHER = uniqueIntegrationId();
  let system: CliSystem;

  beforeAll(async () => {
    system = await createCliSystem([READY, OTHER].map((id) => ({ id, category: 'LMS', scale: 0 })));
    await system.worker();
    for (const id of [READY, OTHER]) await system.text(['integrations', 'add', id]);
    for (const id of [READY, OTHER]) await system.ended(`full-sync/${id}`);
    await came(READY, 'data-changed');
  });

  const came = (integrationId: string, type: string, outcome: DeliveryCount['outcome'] = 'accepted') => {
    const at = new Date();
    return addDeliveries(system.store, [{ integrationId, type, outcome, times: 3, firstAt: at, lastAt: at }]);
  };

  test('a ready one is reported with what to do next', async () => {
    const { stdout } = await system.text(['cutover', READY]);
    expect(stdout).toMatch(new RegExp(`^${READY} +ready +–$`, 'm'));
    expect(stdout).toContain('1 integration: 1 ready, 0 wait, 0 blocked.\n');
    expect(stdout).toContain('Ready. Set LEGACY_WEBHOOKS=off for serve');
    expect(stdout).not.toContain('→');
  });

  test('one that has to wait is reported with what is missing, and the exit code is 1', async () => {
    await came(OTHER, 'sync-finished');
    const { stdout } = await system.text(['cutover'], 1);
    expect(stdout).toMatch(new RegExp(`^${OTHER} +wait +evidence$`, 'm'));
    expect(stdout).toContain(
      `${OTHER} (wait)\n  … evidence: No data-changed has come yet.\n    → Change a record in the tool`,
    );
    expect(stdout).not.toContain(`${READY} (`);
    expect(stdout).toContain('2 integrations: 1 ready, 1 wait, 0 blocked.\n');
    expect(stdout).toMatch(/^Legacy webhooks so far: 3 \(sync-finished\), last at 2\d{3}-/m);
    expect(stdout).toMatch(/^Not yet: /m);
    const report = await system.json<CutoverReport>(['cutover', OTHER], 1);
    expect(report).toMatchObject({
      verdict: 'wait',
      counts: { ready: 0, wait: 1, blocked: 0 },
      legacy: { mode: 'on', times: 3 },
    });
    expect(report.integrations[0]!.checks).toHaveLength(7);
  });

  test('a blocked one comes first and says what you must do', async () => {
    await system.text(['integrations', 'pause', READY, '--reason', 'a test']);
    const { stdout } = await system.text(['cutover', '--syncs', '10'], 1);
    expect(stdout.indexOf(`${READY} (blocked)`)).toBeLessThan(stdout.indexOf(`${OTHER} (wait)`));
    expect(stdout).toContain(
      `  ✗ state: It is paused: a test\n    → kombo-sync integrations resume ${READY}\n`,
    );
    expect(stdout).toMatch(/^Not safe: /m);
    await system.text(['integrations', 'resume', READY]);
  });
});

describe('many integrations', () => {
  const legacy: CutoverReport['legacy'] = {
    mode: 'on',
    times: 0,
    types: [],
    lastSeenAt: null,
    ignoredSince: null,
    ignored: false,
  };

  function report(ready: number, waiting: number, notChosen: NotChosen[] = []): CutoverReport {
    const make = (verdict: Verdict) => (_: unknown, index: number) => ({
      integrationId: `${verdict}:${index}`,
      notChosen: index === 0 ? notChosen : [],
      verdict,
      checks: [
        { name: 'full', verdict, message: 'Never read.', remedy: verdict === 'ready' ? null : 'Read it.' },
      ],
    });
    const integrations = [
      ...Array.from({ length: ready }, make('ready')),
      ...Array.from({ length: waiting }, make('wait')),
    ] as IntegrationCutover[];
    const counts = { ready, wait: waiting, blocked: 0 };
    const verdict = waiting > 0 ? 'wait' : 'ready';
    return { verdict, counts, legacy, message: 'Well.', integrations, next: null };
  }

  test('many ready ones are only counted', () => {
    const text = cutoverText(report(9_998, 2));
    expect(text).not.toContain('ready:');
    expect(text.split('\n').length).toBeLessThan(20);
    expect(text).toContain('10000 integrations: 9998 ready, 2 wait, 0 blocked.');
  });

  test('a few ready ones are listed', () => {
    expect(cutoverText(report(3, 0))).toMatch(/^ready:2 +ready +–$/m);
  });

  test('if all are ready, only the sum is shown', () => {
    expect(cutoverText(report(10_000, 0))).toBe(
      '10000 integrations: 10000 ready, 0 wait, 0 blocked.\nNo legacy webhook has come.\nWell.',
    );
  });

  test('endpoints that are not chosen are named, but are not a gap', () => {
    const notChosen: NotChosen[] = [{ endpoint: '/ats/offers', by: 'integration' }];
    expect(cutoverText(report(3, 0, notChosen))).toContain(
      'Not every endpoint is chosen for 1 integration. This is not a gap.',
    );
    expect(cutoverText(report(1, 0, notChosen))).toContain(
      'Not chosen for this integration: /ats/offers. This is not a gap.',
    );
  });

  test('checks that many of them lack are summed up', () => {
    expect(cutoverText(report(0, 12))).toMatch(/^MISSING +BLOCKED +WAIT\nfull +0 +12$/m);
  });

  test('of thousands that are not ready the first hundred are shown, or all that you ask for', () => {
    const many = report(0, 10_000);
    const text = cutoverText(many);
    expect(text.match(/^wait:\d+ \(wait\)$/gm)).toHaveLength(100);
    expect(text.split('\n').length).toBeLessThan(600);
    expect(text).toContain('The first 100 of 10000 that are not ready are shown');
    expect(text).toContain('10000 integrations: 0 ready, 10000 wait, 0 blocked.');
    const all = cutoverText(many, undefined, true);
    expect(all.match(/^wait:\d+ \(wait\)$/gm)).toHaveLength(10_000);
    expect(all).not.toContain('The first 100');
  });
});
