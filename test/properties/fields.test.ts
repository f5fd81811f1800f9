import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { createSandbox } from '../../sandbox/index.ts';
import { loadConfig } from '../../src/config.ts';
import { CATALOGUE, enabledEndpoints } from '../../src/domain/catalogue/index.ts';
import { createKomboClient } from '../../src/kombo/client.ts';
import { fieldsOf } from '../../src/kombo/fields.ts';
import { purgeFields, setUpFields } from '../../src/operations/fields.ts';
import { Secret } from '../../src/secret.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { createWorkbench, pass, run } from '../activities/setup.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { NAMES, Planted, reaches, textsIn } from './planted.ts';

/*
 * Any choice of fields: excluded values are nowhere, and everything else is stored.
 */

const KEY = 'a key of tests that is long enough 1';
const API_KEY = 'ks_test_fields';
const RUNS = Number(process.env['FC_RUNS'] ?? 12);
const SEED = process.env['FC_SEED'];

const bench = await createWorkbench();
const { store } = bench;
const sandbox = createSandbox({ apiKey: API_KEY, integrations: [] });
const baseUrl = await sandbox.listen();
afterAll(() => sandbox.close());

const CHOICE = fc
  .constantFrom('HRIS' as const, 'ATS' as const, 'LMS' as const, 'ASSESSMENT' as const)
  .chain((category) => {
    const names = NAMES.filter(
      (name) => name.startsWith('*') || name.startsWith(`${category.toLowerCase()}_`),
    );
    return fc.record({
      category: fc.constant(category),
      exclude: fc.uniqueArray(fc.constantFrom(...names, '@sensitive'), { maxLength: 25 }),
      hash: fc.uniqueArray(fc.constantFrom(...names), { maxLength: 6 }),
      /** Read in full before the choice, so that something has to be erased. */
      late: fc.boolean(),
      /** Read with the choice. */
      again: fc.boolean(),
      seed: fc.nat(),
    });
  });

/** Everything that is stored anywhere, and everything that was said. */
async function everything(): Promise<string> {
  const { rows: tables } = await store.pool.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm') and n.nspname like 'kombo%'`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await store.pool.query<{ text: string }>(`select t::text as text from ${name} t`);
    texts.push(...rows.map(({ text }) => text));
  }
  return texts.join('\n');
}

test(
  `(I29) excluded values are nowhere, hashed ones only as hashes, and everything else is stored`,
  { timeout: 240_000 },
  async () => {
    let played = 0;
    await fc.assert(
      fc.asyncProperty(CHOICE, async ({ category, exclude, hash, late, again, seed }) => {
        const settings = (names: { exclude: string[]; hash: string[] }) =>
          loadConfig({
            EXCLUDE_FIELDS: names.exclude.join(','),
            HASH_FIELDS: names.hash.join(','),
            HASH_KEY: KEY,
            KEEP_REJECTED_BODIES: 'true',
            EXTRA_ENDPOINTS:
              '/hris/teams,/hris/skills,/hris/employee-skill-assignments,/ats/application-stages',
          });
        let config;
        try {
          config = settings({ exclude, hash });
        } catch {
          // A name that is excluded and hashed at once is refused.
          return;
        }
        const preset = fieldsOf(config).choice.rules;
        const ruled = (treatment: string) =>
          preset
            .filter((rule) => rule.treatment === treatment)
            .map(({ table, path }) => [table, ...path].join('.'));
        let state = seed;
        const random = (below: number) => {
          state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
          return below === 0 ? 0 : (state >>> 8) % below;
        };
        const id = uniqueIntegrationId();
        sandbox.control.addIntegration({ id, category, scale: 0.02 });
        await saveIntegration(store, { id, tool: 'bombohr', category });
        const said: unknown[] = [];
        const read = async (planted: Planted, now: typeof config) => {
          const fields = fieldsOf(now);
          const planting: typeof fetch = async (input, init) => {
            const response = await fetch(input, init);
            const path = new URL(input instanceof Request ? input.url : input).pathname.replace('/v1', '');
            const body = planted.answer(path, await response.text());
            return new Response(body, {
              status: response.status,
              headers: { 'content-type': 'application/json' },
            });
          };
          const kombo = createKomboClient({ baseUrl, apiKey: new Secret(API_KEY), send: planting });
          const activities = bench.activities({ settings: now, kombo, fields });
          for (const { path: endpoint } of enabledEndpoints(category, now.EXTRA_ENDPOINTS)) {
            for (const kind of ['full', 'delta'] as const) {
              said.push(await run(activities.syncEndpoint, pass(id, { endpoint, kind })));
            }
          }
        };
        const before = settings({ exclude: [], hash: [] });
        await setUpFields({ store, fields: fieldsOf(before) });
        const first = new Planted(random);
        if (late) await read(first, before);
        const fields = fieldsOf(config);
        await setUpFields({ store, fields });
        const planted = new Planted(random);
        if (again || !late) await read(planted, config);
        const actor = { name: 'tester', source: 'cli', address: null } as const;
        if (late) await purgeFields({ config, store, fields, actor });
        played += planted.places.size;

        const saying = `${JSON.stringify(said)}${bench.logs()}`;
        expect(saying).not.toContain('PLANTED');
        const stored = await everything();
        const [excluded, hashed] = [ruled('exclude'), ruled('hash')];
        const isOut = ({ places }: Planted, text: string) =>
          [...excluded, ...hashed].some((name) => reaches(name, places.get(text)!));
        const wrong: string[] = [];
        for (const world of [first, planted]) {
          for (const [text, { keys, records }] of world.places) {
            if (!isOut(world, text) || !stored.includes(text)) continue;
            wrong.push(`${keys.join('.')} of ${records[0]!.table} is stored`);
          }
        }
        for (const [name, record] of planted.records) {
          const [table = '', recordId = ''] = name.split(' ');
          const { rows } = await store.pool.query<{ raw: Record<string, unknown> }>(
            `select raw from kombo.${table} where integration_id = $1 and id = $2`,
            [id, recordId],
          );
          const raw = rows[0]?.raw ?? {};
          const expected = textsIn(record).filter((text) => !isOut(planted, text));
          if (textsIn(raw).sort().join() !== expected.sort().join()) wrong.push(`${name} is not as it came`);
          for (const field of hashed.flatMap((one) =>
            one.startsWith(`${table}.`) ? one.slice(table.length + 1) : [],
          )) {
            const value = record[field];
            if (typeof value !== 'string') continue;
            const digest = createHmac('sha256', KEY).update(value).digest('base64url');
            if (raw[field] !== `hmac-sha256:${digest}`) wrong.push(`${name} has no hash of ${field}`);
          }
        }
        await store.pool.query(
          `truncate kombo_sync.rejected_records, ${CATALOGUE.map(({ table }) => `kombo.${table}`).join()}`,
        );
        expect([...new Set(wrong)].slice(0, 10), JSON.stringify({ category, exclude, hash })).toEqual([]);
      }),
      { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }), endOnFailure: true },
    );
    expect(played).toBeGreaterThan(1_000);
  },
);
