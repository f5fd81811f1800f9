import { describe, expect, inject, test } from 'vitest';
import { createSandbox } from '../../sandbox/index.ts';
import { parseIds } from '../../src/cli/integrations/id-list.ts';
import { parseId } from '../../src/cli/support/options.ts';
import { isIntegrationId } from '../../src/domain/text.ts';
import { addBody } from '../../src/http/api/schemas/integrations.ts';
import { auditQuery, changesQuery } from '../../src/http/api/schemas/reports.ts';
import { parseDelivery } from '../../src/kombo/webhook.ts';
import { readEraseInput, readFullSyncInput, readIntegrationSyncInput } from '../../workflows/input.ts';
import { authorization } from '../http/api.ts';
import { cookieOf, login } from '../http/page-reader.ts';
import { ADMIN_TOKEN, temporalAt, testApp } from '../http/support.ts';
import { createTestStore } from '../support/database.ts';

/** Ids as Kombo writes them, and what else can be one. */
const GOOD = [
  'personio:CBNMt7dSNCzBdnRTx87dev4E',
  'bombohr:HWUTwvyx2wLoSUHphiWVrp28',
  'bombohr:hris-dev',
  'tool:a:b',
  'tool:a.b_c~d',
  'tool:100%',
  'tööl:ид',
  'tool:👍',
  'tool:"><b>',
  "tool:o'b",
  'tool:a,b;c',
  `tool:${'x'.repeat(195)}`,
];

const ODD = [
  '',
  ' ',
  '.',
  '..',
  'tool:a b',
  ' tool:a',
  'tool:a\u00a0',
  'tool:a\tb',
  'tool:a\nb',
  'tool:a\u2028b',
  'tool:a\0b',
  'tool:a\u001b[31mb',
  'tool:a\u007fb',
  'tool:a\u0085b',
  'tool:a\u00adb',
  'tool:a\u200bb',
  'tool:a\u200db',
  'tool:a\u202eb',
  'tool:a\u2060b',
  'tool:a\u3164b',
  'tool:a\u034fb',
  'tool:a\ufe0fb',
  'tool:a\ufeffb',
  'tool:a\ue000b',
  'tool:a\ud800b',
  'tool:a\u0378b',
  '-tool:a',
  'tool:a/b',
  'tool:../b',
  'tool:a\\b',
  `tool:${'x'.repeat(196)}`,
  `tool:${'👍'.repeat(98)}`,
];

const passes = (work: () => unknown) => {
  try {
    work();
    return true;
  } catch {
    return false;
  }
};

const delivery = (type: string, data: object) => ({ id: 'x', type, data });

/** Whether each door lets an id in. */
const DOORS: Record<string, (id: string) => boolean> = {
  'a webhook about records': (id) =>
    passes(() => parseDelivery(delivery('data-changed', { integration_id: id, changed_models: [] }))),
  'a webhook about an integration': (id) =>
    passes(() => parseDelivery(delivery('integration-created', { id }))),
  'an argument of a command': (id) => passes(() => parseId(id)),
  'a list of ids': (id) => passes(() => parseIds(JSON.stringify(['tool:first', id]))),
  'a body of the API': (id) => addBody.safeParse({ id }).success,
  'a filter of the change feed': (id) => changesQuery.safeParse({ integration: id }).success,
  'a filter of the audit log': (id) => auditQuery.safeParse({ integration: id }).success,
  'the input of integrationSync': (id) => passes(() => readIntegrationSyncInput({ integrationId: id })),
  'the input of fullSync': (id) => passes(() => readFullSyncInput({ integrationId: id })),
  'the input of eraseIntegration': (id) => passes(() => readEraseInput({ integrationId: id })),
  'the control of the sandbox': (id) =>
    passes(() => createSandbox({ seed: 1 }).control.addIntegration({ id, category: 'LMS' })),
};

test.each(GOOD)('%j can be the id of an integration', (id) => {
  expect(isIntegrationId(id)).toBe(true);
});

test.each(ODD)('%j cannot be an id', (id) => {
  expect(isIntegrationId(id)).toBe(false);
});

test.each([7, null, undefined, ['tool:a'], {}])('%j cannot be an id either', (value) => {
  expect(isIntegrationId(value)).toBe(false);
});

describe.each(Object.entries(DOORS))('%s', (_name, lets) => {
  test('accepts exactly what can be an id', () => {
    expect(GOOD.filter((id) => !lets(id))).toEqual([]);
    expect(ODD.filter(lets)).toEqual([]);
  });
});

/** Clients resolve dots themselves, and nothing can encode half a character. */
const inAddress = (id: string) => id.isWellFormed() && !['', '.', '..'].includes(id);

test('an address of a page or of the API accepts exactly what can be an id', async () => {
  const temporal = temporalAt(inject('temporalAddress'));
  const { app } = await testApp({ store: await createTestStore(), temporal });
  const cookie = cookieOf(await login(app, ADMIN_TOKEN));
  const refused = { api: [] as string[], pages: [] as string[] };
  for (const id of [...GOOD, ...ODD].filter(inAddress)) {
    const path = `/integrations/${encodeURIComponent(id)}`;
    const api = await app.inject({ url: `/api/v1${path}`, headers: { authorization } });
    const page = await app.inject({ url: path, headers: { cookie } });
    for (const { statusCode } of [api, page]) expect([400, 404]).toContain(statusCode);
    if (api.statusCode === 400) refused.api.push(id);
    if (page.statusCode === 400) refused.pages.push(id);
  }
  const odd = ODD.filter(inAddress);
  expect(refused).toEqual({ api: odd, pages: odd });
});
