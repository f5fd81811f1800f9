import { expect, test } from 'vitest';
import { PROBLEMS } from '../../src/http/errors/problems.ts';
import { testApp } from '../http/support.ts';
import { section, tableRows } from './markdown.ts';

test('the table of routes matches the OpenAPI document, with every query parameter', async () => {
  const { app } = await testApp();
  const { paths } = (await app.inject('/api/docs/json')).json<{
    paths: Record<string, Record<string, { parameters?: { in: string; name: string }[] }>>;
  }>();
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [] }]) => ({
      route: `\`${method.toUpperCase()} ${path}\``,
      query: parameters.filter((one) => one.in === 'query').map((one) => one.name),
    })),
  );
  const documented = new Map(
    tableRows(section('docs/reference.md', '### Admin API')).map(([route, does]) => [route!, does!]),
  );
  expect([...documented.keys()].toSorted()).toEqual(routes.map(({ route }) => route).toSorted());
  for (const { route, query } of routes) {
    // The page describes the parameters of every list once.
    for (const name of query.filter((one) => one !== 'limit' && one !== 'cursor')) {
      expect(documented.get(route), `${route} takes ${name}`).toMatch(new RegExp(`[\`?]${name}[\`=]`));
    }
  }
});

test('the table of errors has every code, and no other', () => {
  const rows = tableRows(section('docs/reference.md', '### Errors'));
  const codes = rows.flatMap(([, text]) => [...text!.matchAll(/`([a-z_]+)`/g)].map(([, code]) => code!));
  expect(codes.toSorted()).toEqual(Object.keys(PROBLEMS).toSorted());
});

test('the OpenAPI document has every code of a problem, and no other', async () => {
  const { app } = await testApp();
  const { components } = (await app.inject('/api/docs/json')).json<{
    components: { schemas: { Problem: { properties: { code: { enum: string[] } } } } };
  }>();
  const { code } = components.schemas.Problem.properties;
  expect(code.enum.toSorted()).toEqual(Object.keys(PROBLEMS).toSorted());
});
