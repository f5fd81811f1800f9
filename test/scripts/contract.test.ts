import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { compare, listFindings, summarize } from '../../scripts/contract/compare.ts';
import { readPackage } from '../../scripts/contract/read-package.ts';
import { readTar } from '../../scripts/contract/tar.ts';
import { defineEndpoint } from '../../src/domain/catalogue/index.ts';
import { emptyFolder, startScript } from '../cli/spawn.ts';
import { packageOf, sourcesOf, tarEntry, tarOf } from './published.ts';

vi.setConfig({ testTimeout: 30_000 });

const SHARED = ['cursor', 'page_size', 'include_deleted', 'ids'];
const EMPLOYEES = {
  operation: 'GetHrisEmployees',
  path: '/hris/employees',
  parameters: [...SHARED, 'updated_after', 'work_emails'],
  fields: ['id: str', 'remote_id: str', 'changed_at: datetime', 'shoe_size: Nullable[float]'],
};
const ROBOTS = {
  operation: 'GetHrisRobots',
  path: '/hris/robots',
  parameters: [...SHARED, 'updated_after'],
  fields: [
    'id: str',
    'date_: Annotated[\n        Nullable[datetime],\n        pydantic.Field(alias="date")\n    ]',
  ],
};
const MODELS = ['hris_employees', 'hris_robots'];

describe('the sources of a package', () => {
  const read = (...args: Parameters<typeof sourcesOf>) =>
    readPackage({ version: '9.8.7', sources: sourcesOf(...args) });

  test('contain lists with their parameters and fields, and the names of models', () => {
    expect(read([ROBOTS, EMPLOYEES], MODELS)).toEqual({
      lists: [
        {
          path: '/hris/employees',
          parameters: EMPLOYEES.parameters,
          fields: ['id', 'remote_id', 'changed_at', 'shoe_size'],
        },
        { path: '/hris/robots', parameters: ROBOTS.parameters, fields: ['id', 'date'] },
      ],
      models: MODELS,
    });
  });

  test('contain all fields of records of several kinds', () => {
    const more = `
GetHrisCarsPositiveResponseResult = Union[
    Fast,
    Slow,
]


class Fast(BaseModel):
    wings: bool


class Slow(BaseModel):
    wheels: int
`;
    const kinds = { ...ROBOTS, operation: 'GetHrisCars', fields: [] };
    const sources = sourcesOf([kinds], MODELS, more);
    for (const [name, text] of sources) {
      sources.set(
        name,
        text.replace(/class GetHrisCarsPositiveResponseResult\(BaseModel\):/, 'class Nothing(BaseModel):'),
      );
    }
    expect(readPackage({ version: '1', sources }).lists[0]!.fields.toSorted()).toEqual(['wheels', 'wings']);
  });

  test('contain no list for an endpoint about one record or without pages', () => {
    const one = { ...ROBOTS, operation: 'GetHrisRobot', path: '/hris/robots/{robot_id}' };
    expect(read([one, EMPLOYEES], MODELS).lists.map(({ path }) => path)).toEqual(['/hris/employees']);
    const sources = sourcesOf([ROBOTS, EMPLOYEES], MODELS);
    for (const [name, text] of sources) sources.set(name, text.replace('    next: Nullable[str]\n', ''));
    expect(readPackage({ version: '1', sources }).lists).toHaveLength(1);
  });

  test.each([
    ['list', [], MODELS],
    ['model name', [ROBOTS], []],
  ] as const)('without a %s are refused, not read as an API without one', (what, lists, models) => {
    expect(() => read(lists, models)).toThrow(
      new RegExp(`^The sources of kombo 9\\.8\\.7 show no ${what}: .* Bring scripts/contract up to them\\.$`),
    );
  });
});

describe('the comparison', () => {
  const employees = defineEndpoint({
    path: '/hris/employees',
    models: { hris_employees: 'own' },
    fields: { remote_id: 'text', hat_size: 'text', remote_data: 'jsonb', integration_fields: 'jsonb' },
  });
  const teams = defineEndpoint({ path: '/hris/teams', models: {}, fields: {} });
  const published = (list = EMPLOYEES) =>
    readPackage({ version: '9.8.7', sources: sourcesOf([list, ROBOTS], MODELS) });
  const known = { endpoints: [employees, teams], models: new Set(['hris_employees', 'hris_hats']) };

  test('finds what either side lacks', () => {
    const findings = compare(known, published());
    expect(listFindings(findings, 'catalogue')).toEqual([
      '  endpoint   /hris/robots',
      '  model      hris_robots',
      '  field      /hris/employees  shoe_size',
    ]);
    expect(listFindings(findings, 'package')).toEqual([
      '  endpoint   /hris/teams',
      '  model      hris_hats',
      '  field      /hris/employees  hat_size',
    ]);
    expect(summarize({ version: '9.8.7', date: '2027-01-02' }, published(), findings)).toBe(
      'kombo 9.8.7 of 2027-01-02 has 2 endpoints and 2 models. The catalogue lacks 1 endpoint, 1 model and 1 field, the package 1 endpoint, 1 model and 1 field.',
    );
  });

  test('finds parameters of a sync that one side lacks, and ignores other filters', () => {
    const parameters = (endpoint: typeof employees, ...taken: string[]) =>
      compare({ ...known, endpoints: [endpoint] }, published({ ...EMPLOYEES, parameters: taken }))
        .filter(({ kind }) => kind === 'parameter')
        .map(({ lacking, name }) => `${lacking} ${name}`);
    expect(parameters(employees, ...SHARED, 'updated_after', 'created_after')).toEqual([]);
    expect(parameters(employees, ...SHARED)).toEqual(['package updated_after']);
    expect(parameters(employees, 'created_after')).toEqual([
      'catalogue created_after',
      'package cursor',
      'package page_size',
      'package updated_after',
      'package include_deleted',
      'package ids',
    ]);
    expect(parameters({ ...employees, delta: 'none', byIds: false }, ...SHARED, 'updated_after')).toEqual([
      'catalogue updated_after',
      'catalogue ids',
    ]);
  });

  test('of equal sides finds nothing', () => {
    const same = { endpoints: [employees], models: new Set(['hris_employees']) };
    const fields = ['id: str', 'remote_id: str', 'hat_size: str'];
    const sources = sourcesOf([{ ...EMPLOYEES, fields }], ['hris_employees']);
    const equal = readPackage({ version: '1', sources });
    const findings = compare(same, equal);
    expect(findings).toEqual([]);
    expect(summarize({ version: '1', date: '2027-01-02' }, equal, findings)).toContain(
      '1 endpoint and 1 model. The catalogue lacks nothing, the package nothing.',
    );
  });
});

describe('a tar archive', () => {
  const long = `${'folder/'.repeat(20)}file.py`;

  test('is read with long names of either form, and without folders', () => {
    const extended = `${13 + 5 + long.length} path=${long}\n`;
    const files = readTar(
      tarOf(
        tarEntry('a.py', 'a'.repeat(1024)),
        tarEntry('folder', '', '5'),
        tarEntry('name', `${long}\0`, 'L'),
        tarEntry('cut.py', 'b'),
        tarEntry('header', extended, 'x'),
        tarEntry('cut.py', 'c'),
        tarEntry('d.py', ''),
      ),
    );
    expect([...files]).toEqual([
      ['a.py', 'a'.repeat(1024)],
      [long, 'c'],
      ['d.py', ''],
    ]);
  });

  test.each([
    ['another file', Buffer.alloc(1024, 'x')],
    ['a truncated archive', tarOf(tarEntry('a.py', 'a'.repeat(2000))).subarray(0, 1024)],
  ])('%s is refused', (_, archive) => {
    expect(() => readTar(archive)).toThrow('not a tar archive');
  });
});

describe('npm run contract', () => {
  const contract = (...args: string[]) => startScript('scripts/contract.ts', args, {}, emptyFolder).finished;
  const { archive, index } = packageOf(sourcesOf([EMPLOYEES, ROBOTS], MODELS));

  /** The address of an index. */
  async function serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/pypi/json`;
  }

  const pypi = (said: unknown = index, file: Buffer = archive) =>
    serve((request, response) => {
      if (request.url === '/files/kombo-9.8.7.tar.gz') response.end(file);
      else response.end(typeof said === 'string' ? said : JSON.stringify(said));
    });

  test('prints what either side lacks and a last line, and fails only with --strict', async () => {
    const address = await pypi();
    const { code, stdout, stderr } = await contract('--index', address);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^The catalogue lacks:\n {2}endpoint {3}\/hris\/robots\n/);
    expect(stdout).toContain('\n  field      /hris/employees  shoe_size\n');
    expect(stdout).toMatch(/\nThe package lacks [\s\S]*\n {2}endpoint {3}\/ats\/jobs\n/);
    expect(stdout).toMatch(/\n\nkombo 9\.8\.7 of 2027-01-02 has 2 endpoints and 2 models\. .*\n$/);
    const brief = await contract('--index', address, '--summary', '--strict');
    expect(brief.code).toBe(1);
    expect(brief.stdout.split('\n')).toEqual([stdout.trim().split('\n').at(-1), '']);
  });

  test.each([
    [
      'there is no network',
      () => Promise.resolve('http://127.0.0.1:9/'),
      /cannot be reached: .*Check the network/,
    ],
    [
      'the request is refused',
      () => serve((_, response) => response.writeHead(503).end()),
      /HTTP 503\. Check the/,
    ],
    ['it takes too long', () => serve(() => {}), /cannot be reached: it takes too long\. Check the network/],
    ['the index is invalid', () => pypi('<html>'), /does not describe a package as PyPI does\. Look there/],
    ['there are no sources', () => pypi({ ...index, urls: [] }), /has no sources of 9\.8\.7\. Look there/],
    [
      'the file is not the one in the index',
      () => pypi(index, Buffer.from('x')),
      /is not what its index says\. Try again/,
    ],
    [
      'the address is invalid',
      () => Promise.resolve('pypi'),
      /--index pypi is not an address\. Write one such as/,
    ],
  ])('says what to do, with exit code 2, if %s', async (_, address, said) => {
    const { code, stdout, stderr } = await contract('--timeout', '2', '--strict', '--index', await address());
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^The catalogue was not compared\. [^\n]+\n$/);
    expect(stderr).toMatch(said);
  });

  test.each([['--fast'], ['--timeout', 'soon']])('refuses %s %s', async (...args) => {
    expect(await contract(...args)).toMatchObject({ code: 2, stdout: '' });
  });
});
