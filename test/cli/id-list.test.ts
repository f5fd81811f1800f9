import { describe, expect, test } from 'vitest';
import { parseIds } from '../../src/cli/integrations/id-list.ts';

const A = 'personio:CBNMt7dSNCzBdnRTx87dev4E';
const B = 'bombohr:hris-dev';

describe('ids are found in', () => {
  test.each([
    ['lines', `${A}\n${B}\n`],
    ['lines of Windows', `${A}\r\n${B}\r\n`],
    ['lines with blank ones and comments', `# ours\n\n  ${A}  # the big one\n\n${B}`],
    ['a JSON array with a mark at the beginning', `\uFEFF["${A}","${B}"]`],
    ['a JSON array', ` ["${A}",\n"${B}"]`],
    ['the first column of CSV', `${A},Acme,HRIS\n${B},"Acme, Inc.",HRIS\n`],
    ['a first column in quotes', `"${A}","Acme"\n"${B}","says ""hello"""\n`],
    ['a column before semicolons', `${A};Acme\n${B};Acme`],
    ['a column before tabs', `${A}\tAcme\n${B}\tAcme`],
  ])('%s', (_name, text) => {
    expect(parseIds(text)).toEqual({ ids: [A, B], duplicates: 0, header: null });
  });
});

test('the header of a CSV file is not an id', () => {
  expect(parseIds(`integration_id,name\n${A},Acme\n`)).toEqual({
    ids: [A],
    duplicates: 0,
    header: 'integration_id',
  });
});

test('an id that is named several times counts once', () => {
  expect(parseIds(`${A}\n${B}\n${A}\n${A}\n`)).toMatchObject({ ids: [A, B], duplicates: 2 });
});

describe('no id is taken from a file', () => {
  test.each([
    ['that is empty', '', /names no integration/],
    ['of comments only', '# none\n', /names no integration/],
    ['of an empty array', '[]', /names no integration/],
    ['with a line that is not an id', `${A}\n${B}\nAcme Inc.\n`, /line 3: Acme Inc\./],
    ['with an id that is cut', `${A}\npersonio:\n`, /line 2: personio:/],
    ['of one line that is not an id', 'Acme\n', /line 1: Acme/],
    ['whose array holds something else', `["${A}", 7, {"id":"${B}"}]`, /item 2: 7, item 3: \{"id"/],
    ['whose array is cut', `["${A}", `, /starts like a JSON array but is not valid JSON/],
    ['with many wrong lines', `${A}\n${'wrong\n'.repeat(9)}`, /line 2: .*line 6: wrong, and 4 more/],
  ])('%s', (_name, text, message) => {
    expect(() => parseIds(text)).toThrow(message);
  });
});
