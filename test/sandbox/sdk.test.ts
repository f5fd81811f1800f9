import { Kombo } from '@kombo-api/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ASSESSMENT_INTEGRATION,
  createSandbox,
  DEFAULT_API_KEY,
  DEMO_INTEGRATIONS,
} from '../../sandbox/index.ts';
import { CATALOGUE } from '../../src/domain/catalogue/index.ts';

/** The SDK checks every field that it knows against Kombo's own description: what it reads without an error is true. */
const sandbox = createSandbox({ integrations: [...DEMO_INTEGRATIONS, ASSESSMENT_INTEGRATION] });
let url: string;

beforeAll(async () => {
  url = await sandbox.listen();
});
afterAll(() => sandbox.close());

type Query = { page_size?: number; updated_after?: Date; include_deleted?: boolean; ids?: string[] };
type Pages = AsyncIterable<{ result: { data: { results: { id: string }[] } } }>;
type List = (kombo: Kombo, query: Query) => Promise<Pages>;

const LISTS: Record<string, List> = {
  '/ats/applications': (kombo, query) => kombo.ats.getApplications(query),
  '/ats/candidates': (kombo, query) => kombo.ats.getCandidates(query),
  '/ats/tags': (kombo, query) => kombo.ats.getTags(query),
  '/ats/application-stages': (kombo, query) => kombo.ats.getApplicationStages(query),
  '/ats/jobs': (kombo, query) => kombo.ats.getJobs(query),
  '/ats/users': (kombo, query) => kombo.ats.getUsers(query),
  '/ats/roles': (kombo, query) => kombo.ats.getRoles(query),
  '/ats/offers': (kombo, query) => kombo.ats.getOffers(query),
  '/ats/rejection-reasons': (kombo, query) => kombo.ats.getRejectionReasons(query),
  '/ats/interviews': (kombo, query) => kombo.ats.getInterviews(query),
  '/hris/employees': (kombo, query) => kombo.hris.getEmployees(query),
  '/hris/employee-document-categories': (kombo, query) => kombo.hris.getEmployeeDocumentCategories(query),
  '/hris/groups': (kombo, query) => kombo.hris.getGroups(query),
  '/hris/employments': (kombo, query) => kombo.hris.getEmployments(query),
  '/hris/locations': (kombo, query) => kombo.hris.getLocations(query),
  '/hris/absence-types': (kombo, query) => kombo.hris.getAbsenceTypes(query),
  '/hris/time-off-balances': (kombo, query) => kombo.hris.getTimeOffBalances(query),
  '/hris/absences': (kombo, query) => kombo.hris.getAbsences(query),
  '/hris/legal-entities': (kombo, query) => kombo.hris.getLegalEntities(query),
  '/hris/timesheets': (kombo, query) => kombo.hris.getTimesheets(query),
  '/hris/performance-review-cycles': (kombo, query) => kombo.hris.getPerformanceReviewCycles(query),
  '/hris/performance-reviews': (kombo, query) => kombo.hris.getPerformanceReviews(query),
  '/hris/staffing-entities': (kombo, query) => kombo.hris.getStaffingEntities(query),
};

const NOT_IN_SDK = [
  '/ats/notes',
  '/hris/teams',
  '/hris/skills',
  '/hris/employee-skill-assignments',
  '/lms/users',
  '/lms/course-progressions',
  '/lms/courses',
  '/lms/skills',
  '/assessment/orders/open',
];

function client(integrationId: string): Kombo {
  return new Kombo({ api_key: DEFAULT_API_KEY, integration_id: integrationId, server_url: url });
}

async function idsOf(pages: Pages): Promise<string[]> {
  const ids: string[] = [];
  for await (const page of pages) ids.push(...page.result.data.results.map(({ id }) => id));
  return ids;
}

test('the SDK covers what it is said to cover, so nothing is left out by mistake', () => {
  const paths = [...Object.keys(LISTS), '/assessment/orders', ...NOT_IN_SDK];
  expect(paths.sort()).toEqual(CATALOGUE.map(({ path }) => path).sort());
});

describe.each(Object.keys(LISTS))('the official SDK reads %s', (path) => {
  const endpoint = CATALOGUE.find((candidate) => candidate.path === path)!;
  const integrationId = DEMO_INTEGRATIONS.find(({ category }) => category === endpoint.category)!.id;
  const { table } = endpoint;
  const { control } = sandbox;

  test('whole, in several pages', async () => {
    const ids = await idsOf(await LISTS[path]!(client(integrationId), { page_size: 70 }));
    expect(ids).toEqual(control.ids(integrationId, table));
    expect(ids.length).toBeGreaterThan(3);
  });

  test('what changed since, with tombstones', async () => {
    const before = new Date();
    const [changed, deleted] = control.ids(integrationId, table);
    const [created] = control.create(integrationId, table);
    control.update(integrationId, table, changed!);
    control.tombstone(integrationId, table, deleted!);
    const since = { updated_after: new Date(before.getTime() - 1), ids: [changed!, deleted!, created!] };
    const live = await idsOf(await LISTS[path]!(client(integrationId), since));
    expect(new Set(live)).toEqual(new Set([changed, created]));
    const all = await idsOf(
      await LISTS[path]!(client(integrationId), { ...since, include_deleted: true, page_size: 1 }),
    );
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
