import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../src/store/database.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { grpcServer } from '../support/grpc.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { expectProblem, startApi } from './api.ts';
import { recordingLog, temporalAt, testApp } from './support.ts';

let store: TestStore;
let id: string;
beforeAll(async () => {
  store = await createTestStore();
  id = uniqueIntegrationId();
  await saveIntegration(store, { id, tool: 'bombohr', category: 'HRIS' });
});

describe('a part that refuses us is not reported as away', () => {
  test.each([
    [16, /^Temporal refuses the credentials\. Check TEMPORAL_API_KEY/],
    [7, /^Temporal denies access\. Check TEMPORAL_NAMESPACE/],
  ])('Temporal, with gRPC status %i; the reason is only in the log', async (code, said) => {
    const temporal = temporalAt(await grpcServer(code, 'key ks_1 is of ada'));
    const { log, text } = recordingLog();
    const { call } = await startApi(store, {}, { temporal, log });
    const answer = await call('POST', `/integrations/${id}/sync`);
    expectProblem(answer, 503, 'temporal_unavailable', said);
    expect(answer.body).not.toContain('ks_1');
    expect(text()).toContain('ks_1');
    const { app } = await testApp({ store, temporal });
    const ready = await app.inject('/readyz');
    expect(ready.json()).toMatchObject({
      temporal: { ok: false, message: expect.stringMatching(said) as string },
    });
    expect(ready.body).not.toContain('ks_1');
  });

  test('Postgres, with a wrong user', async () => {
    const url = new URL(store.url);
    url.username = 'eve';
    const wrong = openStore(url.href);
    onTestFinished(() => wrong.close());
    const { call } = await startApi({ ...wrong, url: url.href });
    const said =
      /^Postgres refuses the user or the password\. Check the user and the password in DATABASE_URL\./;
    const answer = await call('GET', '/integrations');
    expectProblem(answer, 503, 'database_unavailable', said);
    expect(answer.body).not.toContain('eve');
    const { app } = await testApp({ store: wrong });
    expect((await app.inject('/readyz')).json()).toMatchObject({
      database: { ok: false, message: expect.stringMatching(said) as string },
    });
  });
});
