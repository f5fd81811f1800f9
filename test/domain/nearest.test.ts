import { expect, test } from 'vitest';
import { differences } from '../../src/domain/nearest.ts';

test.each([
  ['', '', 0],
  ['', 'abc', 3],
  ['abc', '', 3],
  ['employees', 'employees', 0],
  ['employes', 'employees', 1],
  ['employeees', 'employees', 1],
  ['emploxees', 'employees', 1],
  ['empolyees', 'employees', 1],
  ['eployes', 'employees', 2],
  ['jobs', 'tags', 3],
])('%j and %j differ in %i letters', (one, other, letters) => {
  expect(differences(one, other)).toBe(letters);
  expect(differences(other, one)).toBe(letters);
});
