import { describe, expect, test } from 'vitest';
import { Models } from '../../sandbox/model/complete.ts';
import type { LinkDefinition } from '../../sandbox/model/define.ts';
import { defineEndpoint } from '../../src/domain/catalogue/define.ts';
import { CATALOGUE, ownModel } from '../../src/domain/catalogue/index.ts';

/** The models of the catalogue and of more entries, without any details. */
function modelsWith(...entries: Parameters<typeof defineEndpoint>[0][]): Models {
  return new Models([...CATALOGUE, ...entries.map(defineEndpoint)], {});
}

const BENEFITS = {
  path: '/hris/benefits',
  models: {
    hris_benefits: 'own',
    hris_benefit_lines: 'delta',
    hris_join_benefits_teams: 'delta',
    hris_absence_types: 'full',
    hris_benefit_kinds: 'full',
    hris_legal_entities: 'embedded',
  },
  fields: {
    remote_id: 'text',
    employee_id: 'text',
    approver_id: 'text',
    employee: 'jsonb',
    groups: 'jsonb',
    lines: 'jsonb',
    totals: 'jsonb',
  },
} as const;

describe('a model without details', () => {
  const models = modelsWith(BENEFITS);
  const benefit = models.find('hris_benefits')!;

  test('links to the models that its fields name', () => {
    expect(benefit.links).toMatchObject({
      employee: { to: 'hris_employees', field: 'employee_id' },
      groups: { to: 'hris_teams', many: 2, join: 'hris_join_benefits_teams' },
    });
    expect(Object.keys(benefit.nested).toSorted()).toEqual(['employee', 'groups', 'lines']);
  });

  test('makes all its other fields', () => {
    expect(benefit.makes.map(([field]) => field)).toEqual(['approver_id', 'totals']);
  });

  test('holds nested parts that have no endpoint', () => {
    for (const part of ['hris_benefit_lines', 'hris_benefit_kinds']) {
      expect(models.find(part)).toMatchObject({
        category: 'HRIS',
        links: { whole: { to: 'hris_benefits' } },
        stamped: true,
      });
    }
  });

  test('is linked with models that no field names, but not with embedded copies', () => {
    const targets = Object.values(benefit.links).map(({ to }) => to);
    expect(targets).toContain('hris_absence_types');
    expect(targets).not.toContain('hris_legal_entities');
  });

  test('is nested in a field with its name, by its own link if it has one', () => {
    const batches = {
      path: '/hris/batches',
      models: { hris_batches: 'own', hris_benefits: 'delta' },
      fields: { remote_id: 'text', benefits: 'jsonb' },
    } as const;
    const batchOf = (...entries: Parameters<typeof modelsWith>) =>
      modelsWith(...entries, batches).find('hris_batches')!;
    expect(batchOf(BENEFITS).links).toEqual({ benefits: { to: 'hris_benefits', many: 2 } });
    const pointing = { ...BENEFITS, fields: { ...BENEFITS.fields, batch_id: 'text' } } as const;
    expect(batchOf(pointing).links).toEqual({});
    expect(batchOf(pointing).nested).toHaveProperty('benefits');
  });
});

test.each([
  { fields: {}, includeDeleted: true, remote: false, stamped: true },
  { fields: { remote_id: 'text' }, includeDeleted: false, remote: true, stamped: true },
  { fields: { amount: 'numeric' }, includeDeleted: false, remote: false, stamped: false },
] as const)(
  '%j: remote_id and timestamps follow from the endpoint',
  ({ fields, includeDeleted, ...expected }) => {
    const models = modelsWith({ path: '/lms/x', models: { lms_x: 'own' }, fields, includeDeleted });
    expect(models.find('lms_x')).toMatchObject(expected);
  },
);

test('an endpoint that lists the model of another one shares its records', () => {
  const alias = { path: '/hris/old-benefits', models: { hris_benefits: 'own' }, fields: {} } as const;
  const models = modelsWith(BENEFITS, alias);
  expect(models.find('hris_old_benefits')).toBe(models.find('hris_benefits'));
});

/** Even without details, all models that a delta or a full pass must show can change. */
describe.each(CATALOGUE)('$path', (endpoint) => {
  const models = modelsWith();
  const model = models.find(endpoint.table)!;
  const pointsTo = (links: Record<string, LinkDefinition>, to: string) =>
    Object.values(links).some((link) => link.to === to || link.join === to);

  test('needs only the catalogue', () => {
    expect(model.name).toBe(
      endpoint.table === 'assessment_orders_open'
        ? 'assessment_orders'
        : (ownModel(endpoint) ?? endpoint.table),
    );
    const loose = Object.entries(endpoint.models).filter(
      ([name, relation]) =>
        (relation === 'delta' || relation === 'full') &&
        !pointsTo(model.links, name) &&
        !pointsTo(models.find(name)?.links ?? {}, model.name) &&
        ![...models.byName.values()].some(({ links }) => pointsTo(links, name) && name.includes('_join_')),
    );
    expect(loose).toEqual([]);
  });
});
