import { describe, expect, test } from 'vitest';
import { getEndpoint } from '../../../src/domain/catalogue/index.ts';
import { covers, keepsOutAsMuch, readChoice } from '../../../src/domain/fields/choice.ts';
import { nameOf, readName, type FieldRule } from '../../../src/domain/fields/rules.ts';

const rule = (name: string, treatment: FieldRule['treatment'] = 'exclude'): FieldRule => {
  const [table = '', ...path] = name.split('.');
  return { treatment, table, path };
};
const choose = (exclude: string[], hash: string[] = []) => readChoice({ exclude, hash });

describe('a name', () => {
  test.each([
    'hris_employees.ssn',
    'hris_employees.home_address.street_1',
    'hris_employees.bank_accounts.domestic_bank_routing.number',
    'hris_employees.manager.work_email',
    'hris_teams.name',
    'ats_applications.candidate.tags.name',
    'hris_employees.custom_fields.anything.at_all',
    '*.remote_data',
    '*.iban',
    '*.home_address.street_1',
  ])('%s is accepted as it is written', (name) => {
    expect(readName(name, 'exclude')).toEqual([rule(name)]);
  });

  test('of a field without a column is written with raw', () => {
    expect(readName('hris_employees.raw.brand_new.part', 'exclude')).toEqual([
      rule('hris_employees.brand_new.part'),
    ]);
  });

  test.each([
    ['hris_employees', 'not of the form table.field', /EXCLUDE_MODELS/],
    ['hris_employees.', 'not of the form table.field', /EXCLUDE_MODELS/],
    ['hris_employes.ssn', 'names table hris_employes, which does not exist', 'write hris_employees'],
    ['hris_employees.snn', 'not a known field', 'write hris_employees.ssn'],
    ['hris_employees.entirely_new', 'not a known field', /hris_employees\.raw\.entirely_new/],
    [
      'hris_employees.home_address.stret_1',
      'not a known field',
      'write hris_employees.home_address.street_1',
    ],
    ['hris_employees.manager.work_mail', 'not a known field', 'write hris_employees.manager.work_email'],
    ['*.remote_dat', 'which no table has', 'write *.remote_data'],
    ['hris_employees.id', 'by which rows are found or ordered', 'leave it out'],
    ['*.changed_at', 'by which rows are found or ordered', 'leave it out'],
    ['hris_employees.raw', 'holds the whole record', /field/],
    ['*.raw', 'holds whole records', /field/],
    ['@secret', 'not a preset', 'write @sensitive'],
    ['__proto__.constructor', 'does not exist', undefined],
  ])('%s is refused, with what to write', (name, problem, remedy) => {
    const read = readName(name, 'exclude');
    expect(read).toMatchObject({ problem: expect.stringContaining(problem) as string });
    if (typeof remedy === 'string') expect(read).toMatchObject({ remedy });
    else if (remedy) expect(read).toMatchObject({ remedy: expect.stringMatching(remedy) as string });
  });

  test('can have any field in an unknown table', () => {
    const unknown = {
      ...getEndpoint('/hris/groups'),
      table: 'hris_brand_new',
      records: 'hris_brand_new',
      fields: {},
    };
    expect(readName('hris_brand_new.secret', 'exclude', [unknown])).toEqual([rule('hris_brand_new.secret')]);
    expect(readName('hris_brand_new.secret', 'exclude')).toHaveProperty('problem');
  });

  test('@sensitive stands for all fields that the catalogue marks', () => {
    const names = (readName('@sensitive', 'exclude') as FieldRule[]).map(nameOf);
    expect(names).toEqual(
      expect.arrayContaining([
        'hris_employees.ssn',
        'hris_employees.bank_accounts',
        'hris_employees.date_of_birth',
        'hris_employees.home_address',
        'hris_employees.remote_data',
        'hris_employments.pay_rate',
        'hris_payslips.line_items.amount',
        'ats_candidates.location',
      ]),
    );
    expect(names).not.toContain('hris_employees.work_email');
  });
});

describe('a choice', () => {
  test('hashes a named field that a preset would exclude', () => {
    const { choice, wrong } = choose(['@sensitive'], ['hris_employees.ssn', '*.remote_data']);
    expect(wrong).toEqual([]);
    const of = (name: string) => choice.rules.filter((one) => nameOf(one) === name);
    expect(of('hris_employees.ssn')).toEqual([rule('hris_employees.ssn', 'hash')]);
    expect(of('hris_employees.remote_data')).toEqual([]);
    expect(of('hris_employees.tax_id')).toEqual([rule('hris_employees.tax_id')]);
  });

  test.each([
    [['hris_employees.ssn'], ['hris_employees.ssn']],
    [['*.ssn'], ['hris_employees.ssn']],
    [['@sensitive'], ['hris_employees.home_address.street_1']],
  ])('that excludes %j says that %j cannot be hashed', (exclude, hash) => {
    expect(choose(exclude, hash).wrong).toEqual([
      expect.objectContaining({
        treatment: 'hash',
        problem: expect.stringContaining('leaves out') as string,
      }),
    ]);
  });

  test('reports all its wrong names', () => {
    expect(choose(['hris_employees.snn', '*.remote_data'], ['nothing']).wrong).toHaveLength(2);
  });

  test.each([
    ['hris_employees.home_address', 'hris_employees.home_address.city', true],
    ['hris_employees.home_address.city', 'hris_employees.home_address', false],
    ['*.city', 'hris_employees.home_address.city', true],
    ['*.home_address.city', 'hris_employees.home_address.city', true],
    ['hris_employees.ssn', '*.ssn', false],
    ['hris_groups.name', 'hris_locations.name', false],
  ])('with %s covers %s: %j', (one, other, expected) => {
    expect(covers(rule(one), rule(other))).toBe(expected);
  });

  test.each([
    [['a.x', 'a.y'], [], ['a.x'], [], true],
    [['a.x'], [], ['a.x', 'a.y'], [], false],
    [['*.x'], [], ['a.x'], ['b.x'], true],
    [[], ['a.x'], ['a.x'], [], false],
    [[], [], [], [], true],
  ])(
    'that excludes %j and hashes %j keeps out as much as one with %j and %j: %j',
    (exclude, hash, was, hashed, is) => {
      const choice = (names: string[], hashes: string[]) => ({
        rules: [...names.map((name) => rule(name)), ...hashes.map((name) => rule(name, 'hash'))],
      });
      expect(keepsOutAsMuch(choice(exclude, hash), choice(was, hashed))).toBe(is);
    },
  );
});
