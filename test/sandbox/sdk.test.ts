import { Kombo } from '@kombo-api/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ASSESSMENT_INTEGRATION,
  createSandbox,
  DEFAULT_API_KEY,
  DEMO_INTEGRATIONS,
} from '../../sandbox/index.ts';
import { CATALOGUE } from '../../src/domain/catalogue/index.ts';

/** The SDK checks every field that it knows against Kombo's own schema, so an answer that it reads is right. */
const sandbox = createSandbox({ integrations: [...DEMO_INTEGRATIONS, ASSESSMENT_INTEGRATION] });
let url: string;

beforeAll(async () => {
  url = await sandbox.listen();
});
afterAll(() => sandbox.close());

type Query = { page_size?: number; updated_after?: Date; include_deleted?: boolean; ids?: string[] };
type Pages = AsyncIterable<{ result: { data: { results: { id: string }[] } } }>;
type List = (query: Query) => Promise<Pages>;

/** The SDK's method for a list: `ats.getRejectionReasons` for `/ats/rejection-reasons`. */
function listOf(kombo: Kombo, path: string): List | undefined {
  const [, category, ...rest] = path.split('/');
  const words = rest.flatMap((part) => part.split('-'));
  const name = `get${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}`;
  const owner = (kombo as unknown as Record<string, Record<string, List> | undefined>)[category!];
  return owner?.[name]?.bind(owner);
}

const LISTS = CATALOGUE.filter(({ path }) => listOf(client('any'), path)).map(({ path }) => path);

function client(integrationId: string): Kombo {
  return new Kombo({ api_key: DEFAULT_API_KEY, integration_id: integrationId, server_url: url });
}

async function idsOf(pages: Pages): Promise<string[]> {
  const ids: string[] = [];
  for await (const page of pages) ids.push(...page.result.data.results.map(({ id }) => id));
  return ids;
}

test('the SDK reads most endpoints, so these tests leave none out by mistake', () => {
  // Version 1.1.3 has no notes, skills, teams, open orders, and no LMS.
  expect(LISTS.length).toBeGreaterThanOrEqual(23);
});

describe.each(LISTS)('the official SDK reads %s', (path) => {
  const endpoint = CATALOGUE.find((candidate) => candidate.path === path)!;
  const integrationId = DEMO_INTEGRATIONS.find(({ category }) => category === endpoint.category)!.id;
  const { table } = endpoint;
  const list: List = (query) => listOf(client(integrationId), path)!(query);
  const { control } = sandbox;

  test('whole, in several pages', async () => {
    const ids = await idsOf(await list({ page_size: 70 }));
    expect(ids).toEqual(control.ids(integrationId, table));
    expect(ids.length).toBeGreaterThan(3);
  });

  test('as a delta, with tombstones', async () => {
    const before = new Date();
    const [changed, deleted] = control.ids(integrationId, table);
    const [created] = control.create(integrationId, table);
    control.update(integrationId, table, changed!);
    control.tombstone(integrationId, table, deleted!);
    const since = { updated_after: new Date(before.getTime() - 1), ids: [changed!, deleted!, created!] };
    const live = await idsOf(await list(since));
    expect(new Set(live)).toEqual(new Set([changed, created]));
    const all = await idsOf(await list({ ...since, include_deleted: true, page_size: 1 }));
    expect(all.length).toBe(3);
    expect(new Set(all)).toEqual(new Set([changed, created, deleted]));
  });
});

test('the official SDK reads assessment orders', async () => {
  const kombo = client(ASSESSMENT_INTEGRATION.id);
  const all = await idsOf(await kombo.assessment.getAssessmentOrders({ page_size: 40 }));
  expect(all).toEqual(sandbox.control.ids(ASSESSMENT_INTEGRATION.id, 'assessment_orders'));
  const later = await idsOf(await kombo.assessment.getAssessmentOrders({ created_after: new Date() }));
  expect(later).toEqual([]);
});

test('the official SDK reads the integration and checks the key', async () => {
  const kombo = client('bombohr:ats-demo');
  const { data } = await kombo.general.getIntegrationDetails({ integration_id: 'bombohr:ats-demo' });
  expect(data.category).toBe('ATS');
  expect(data.read_models.map(({ id }) => id)).toContain('ats_applications');
  await kombo.general.checkApiKey();
});
