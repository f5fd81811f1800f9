import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { CATALOGUE, findEndpoint } from '../../src/domain/catalogue/index.ts';

const read = (value: string) => loadConfig({ EXTRA_ENDPOINTS: value }).EXTRA_ENDPOINTS;

describe('EXTRA_ENDPOINTS accepts', () => {
  test('any path that can be an endpoint, once each, and every path of the catalogue', () => {
    expect(read('/hris/brand-new, /hris/brand-new,/lms/a/b2/c')).toEqual(['/hris/brand-new', '/lms/a/b2/c']);
    const all = CATALOGUE.map(({ path }) => path);
    expect(read(all.join(','))).toEqual(all);
  });

  test.each(['/ats/logs', '/lms/tags', '/lms/application-stages', '/hris/employee-skills-x'])(
    '%s, although it resembles a known path',
    (path) => {
      expect(read(path)).toEqual([path]);
    },
  );

  test('paths whose table names leave room for the names of indexes', () => {
    const longest = `/hris/${'a'.repeat(39)}`;
    expect(read(longest)).toEqual([longest]);
    const [suffix] = CATALOGUE.flatMap(({ fields }) => Object.keys(fields))
      .filter((field) => field.endsWith('_id'))
      .toSorted((a, b) => b.length - a.length);
    expect(`${findEndpoint(longest)!.table}_${suffix}`).toHaveLength(63);
  });
});

describe('EXTRA_ENDPOINTS refuses', () => {
  test.each([
    ['/hris/employes', '/hris/employees'],
    ['/hris/eployes', '/hris/employees'],
    ['/hris/pay_runs', '/hris/pay-runs'],
    ['/ats/jbos', '/ats/jobs'],
    ['/hriss/employees', '/hris/employees'],
    ['/assessment/orders-open', '/assessment/orders/open'],
  ])('%s and suggests %s', (path, known) => {
    expect(() => read(path)).toThrow(
      `EXTRA_ENDPOINTS names ${path}, which is not a known endpoint; write ${known}.`,
    );
  });

  test.each([
    'hris/brand-new',
    '/hris/Brand-New',
    '/hris/brand_new',
    '/hris/brand-new/',
    '/hris/brand--new',
    '/hris',
    '/hris/a/b/c/d',
    '/crm/deals',
    '/v1/hris/brand-new',
    'https://api.kombo.dev/v1/hris/brand-new',
    '/hris/../integrations',
    '/hris/brand-new?ids=1',
    'constructor',
  ])('%s, which cannot be an endpoint, and shows a right path', (path) => {
    expect(() => read(path)).toThrow(/^EXTRA_ENDPOINTS names .* cannot be .*for example \/hris\/teams,\//);
  });

  test('a path whose table name is too long', () => {
    expect(() => read(`/hris/${'a'.repeat(40)}`)).toThrow(
      /^EXTRA_ENDPOINTS names \S+, which is too long: its table may have 44 characters, and hris_a+ has 45/,
    );
  });

  test('two paths with the same table', () => {
    expect(() => read('/hris/a-b,/hris/a/b')).toThrow(
      'EXTRA_ENDPOINTS names /hris/a/b, whose table would be hris_a_b, the table of /hris/a-b; leave one of them out.',
    );
  });
});
