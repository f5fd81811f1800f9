import { describe, expect, test } from 'vitest';
import { getEndpoint } from '../../../src/domain/catalogue/index.ts';
import { readChoice } from '../../../src/domain/fields/choice.ts';
import { fieldPolicy } from '../../../src/domain/fields/policy.ts';
import { exactNumber, parseExact } from '../../../src/kombo/json.ts';

const values = { hash: (text: string) => `#${text}`, exactNumber };

function policy(path: string, exclude: string[], hash: string[] = []) {
  const { choice, wrong } = readChoice({ exclude, hash });
  expect(wrong).toEqual([]);
  return fieldPolicy(choice, getEndpoint(path), values);
}
const clean = (path: string, exclude: string[], record: unknown, hash?: string[]) =>
  policy(path, exclude, hash)!.apply(record).record;

describe('an excluded field', () => {
  test('is removed at any depth and in lists', () => {
    const names = [
      'hris_employees.ssn',
      'hris_employees.home_address.street_1',
      'hris_employees.bank_accounts.iban',
    ];
    const record = {
      id: '1',
      ssn: 'x',
      home_address: { city: 'Bonn', street_1: 'x' },
      bank_accounts: [{ iban: 'x', bic: 'B' }, { iban: 'x' }],
    };
    expect(clean('/hris/employees', names, record)).toEqual({
      id: '1',
      home_address: { city: 'Bonn' },
      bank_accounts: [{ bic: 'B' }, {}],
    });
    // The original record does not change.
    expect(record).toHaveProperty('ssn', 'x');
  });

  test.each([
    ['/hris/performance-reviews', { reviewee: { id: '1', work_email: 'x' } }, { reviewee: { id: '1' } }],
    ['/hris/absences', { employee: { work_email: 'x' } }, { employee: {} }],
    [
      '/hris/absences',
      { some: [{ deep: { employees: [{ work_email: 'x', id: '2' }] } }] },
      { some: [{ deep: { employees: [{ id: '2' }] } }] },
    ],
    [
      '/hris/employees',
      { manager: { work_email: 'x', manager: { work_email: 'x' } } },
      { manager: { manager: {} } },
    ],
    ['/hris/absences', { work_email: 'of an absence' }, { work_email: 'of an absence' }],
  ])('is removed where its model is nested: %s %j', (path, record, expected) => {
    expect(clean(path, ['hris_employees.work_email'], record)).toEqual(expected);
  });

  test('with * is removed everywhere under this name', () => {
    const record = { remote_data: 1, employments: [{ remote_data: 2, a: { remote_data: 3, b: 4 } }] };
    expect(clean('/hris/employees', ['*.remote_data'], record)).toEqual({ employments: [{ a: { b: 4 } }] });
  });

  test('applies to all tables of the same records', () => {
    expect(clean('/hris/teams', ['hris_groups.name'], { name: 'x', type: 'TEAM' })).toEqual({ type: 'TEAM' });
    expect(clean('/assessment/orders/open', ['assessment_orders.candidate'], { candidate: {} })).toEqual({});
  });

  test('leaves the rest as it is, and the same object if there is nothing to do', () => {
    const record = parseExact(
      '{"id":"1","n":1.00000000000000000001,"__proto__":{"a":1},"constructor":"c","ssn":"x"}',
    );
    const cleaned = clean('/hris/employees', ['hris_employees.ssn'], record);
    expect(JSON.stringify(cleaned)).toBe(
      '{"id":"1","n":1.00000000000000000001,"__proto__":{"a":1},"constructor":"c"}',
    );
    const same = { id: '1', groups: [{ id: '2' }] };
    expect(clean('/hris/employees', ['hris_employees.ssn'], same)).toBe(same);
    for (const odd of [null, 'text', 7, ['a', { ssn: 1 }]] as const) {
      expect(() => clean('/hris/employees', ['hris_employees.ssn'], odd)).not.toThrow();
    }
  });

  test('of one category causes no work for the others', () => {
    expect(policy('/ats/jobs', ['hris_employees.ssn'])).toBeUndefined();
    expect(policy('/ats/jobs', [])).toBeUndefined();
    expect(policy('/ats/jobs', ['*.remote_data'])).toBeDefined();
  });
});

test('a policy counts the values that it removes, and names the keys whose times change with them', () => {
  const one = policy('/hris/absences', ['hris_employees.work_email', 'hris_employees.ssn'])!;
  const record = { approver: { work_email: 'x', ssn: null }, employee: { work_email: 'y' } };
  expect(one.apply(record).values).toBe(2);
  expect(one.apply({}).values).toBe(0);
  expect([...one.timedKeys].sort()).toEqual(
    [
      'approver',
      'available_for_employees',
      'employee',
      'employees',
      'manager',
      'reviewee',
      'reviewer',
    ].sort(),
  );
  expect(policy('/hris/absences', ['*.remote_data'])!.timedKeys).toContain('type');
});

test.each([
  ['a text', '123', '#123'],
  [
    'a number, with all its digits',
    (parseExact('[1.10000000000000000000]') as unknown[])[0],
    '#1.10000000000000000000',
  ],
  ['a number', 12, '#12'],
  ['a boolean', true, '#true'],
  ['an object, with sorted keys', { b: [1, { d: 1, c: 2 }], a: null }, '#{"a":null,"b":[1,{"c":2,"d":1}]}'],
  ['nothing', null, null],
])('the hash of %s is that of its text', (_, value, expected) => {
  const record = { ssn: value, manager: { ssn: value } };
  expect(clean('/hris/employees', [], record, ['hris_employees.ssn'])).toEqual({
    ssn: expected,
    manager: { ssn: expected },
  });
});
