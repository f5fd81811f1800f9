import { getEndpoint } from '../../src/domain/catalogue/index.ts';
import type { EndpointHistory } from '../../src/domain/decide.ts';
import { prepareRecords } from '../../src/domain/records.ts';
import type { PassKind } from '../../src/domain/reads.ts';
import { exactNumber, parseExact } from '../../src/kombo/json.ts';
import { commitPage, type Page } from '../../src/store/records/commit-page.ts';
import { transaction, type Store } from '../../src/store/database.ts';
import { historyOf, readHistory } from '../../src/store/state/endpoint-history.ts';
import { openPass, type Pass } from '../../src/store/state/passes.ts';
import {
  findCandidates,
  finishSweep,
  nextCandidates,
  settleCandidates,
} from '../../src/store/records/sweep.ts';
import { beginWrite } from '../../src/store/records/begin-write.ts';
import { writeRecords, type WriteCounts, type WriteOptions } from '../../src/store/records/write-records.ts';

export const PLAIN: WriteOptions = { ERASE_EMPTIED: false, KEEP_REJECTED_BODIES: false };
export const ERASING: WriteOptions = { ERASE_EMPTIED: true, KEEP_REJECTED_BODIES: false };
export const KEEPING: WriteOptions = { ERASE_EMPTIED: false, KEEP_REJECTED_BODIES: true };

/** A record as JSON text, or as an object to convert. */
export type Sent = string | Record<string, unknown>;

const textOf = (sent: Sent) => (typeof sent === 'string' ? sent : JSON.stringify(sent));
export const at = (text: string) => new Date(`2026-03-01T${text}Z`);
/** A time as records have it. */
export const iso = (text: string) => at(text).toISOString();

/** When a page was asked for. */
export type Asked = Pick<Page, 'observedAt' | 'askedSeq'>;

/** Asked for now, after everything stored had arrived. */
export async function ask(store: Store): Promise<Asked> {
  const { rows } = await store.pool.query<Asked>(
    `select clock_timestamp() as "observedAt", nextval('kombo_sync.observations') as "askedSeq"`,
  );
  return rows[0]!;
}

/** Asked for at a time before any answer had arrived: all answers of that day were under way at once. */
export function underWay(time: string): Asked {
  return { observedAt: at(time), askedSeq: at(time).getTime() - at('23:59:59').getTime() };
}

let syncs = 0;

/** The page that the reader makes from an answer of Kombo. */
export function makePage(
  endpoint: string,
  records: readonly Sent[],
  options: { next?: string | null; asked?: Asked; clockCorrectionMs?: number; komboAskedAt?: Date } = {},
): Page {
  const results = parseExact(`[${records.map(textOf).join(',')}]`) as unknown[];
  return {
    ...prepareRecords(getEndpoint(endpoint), results, exactNumber),
    results: results.length,
    next: options.next ?? null,
    ...(options.asked ?? { observedAt: new Date(), askedSeq: 0 }),
    clockCorrectionMs: options.clockCorrectionMs ?? 0,
    komboAskedAt: options.komboAskedAt ?? null,
  };
}

/** Writes records as one page without a pass. */
export async function write(
  store: Store,
  integrationId: string,
  endpoint: string,
  records: readonly Sent[],
  asked: Asked,
  options: WriteOptions = PLAIN,
): Promise<WriteCounts> {
  const page = makePage(endpoint, records);
  const place = { integrationId, endpoint: getEndpoint(endpoint) };
  return transaction(store.pool, async (client) => {
    const arrivedSeq = await beginWrite(client, place);
    const target = { ...place, ...asked, arrivedSeq, driftBefore: null, passId: null };
    return writeRecords(client, target, page.storable, page.rejected, options, false);
  });
}

export async function open(
  store: Store,
  integrationId: string,
  endpoint: string,
  kind: PassKind,
  more: { syncId?: string; overlapMs?: number; since?: string } = {},
): Promise<Pass> {
  const pass = await openPass(store, {
    integrationId,
    endpoint,
    kind,
    syncId: more.syncId ?? `${integrationId}/${++syncs}`,
    workflowId: `sync/${integrationId}`,
    runId: 'run',
    trigger: 'webhook',
    because: 'webhook',
    since: more.since,
    overlapMs: more.overlapMs ?? 0,
  });
  if (!pass) throw new Error(`${endpoint} is not chosen.`);
  return pass;
}

/** A complete pass with these records on its pages. */
export async function readPass(
  store: Store,
  integrationId: string,
  endpoint: string,
  kind: PassKind,
  pages: readonly (readonly Sent[])[],
  options: WriteOptions = PLAIN,
): Promise<Pass> {
  let pass = await open(store, integrationId, endpoint, kind);
  for (const [index, records] of pages.entries()) {
    const next = index + 1 < pages.length ? `page ${index + 2}` : null;
    const asked = await ask(store);
    ({ pass } = await commitPage(store, pass, makePage(endpoint, records, { next, asked }), options));
  }
  return pass;
}

/** The sweep after a full pass. `answerTo` returns Kombo's answer to a request by ids. */
export async function sweep(
  store: Store,
  pass: Pass,
  answerTo: (ids: readonly string[]) => readonly Sent[] = () => [],
  limits: { maxShare?: number; allowMassDeletion?: boolean } = {},
): Promise<Pass> {
  const found = await findCandidates(store, pass, { maxShare: 0.3, allowMassDeletion: false, ...limits });
  while (found.sweep_state === 'checking') {
    const asked = await nextCandidates(store, found, 100);
    if (asked.length === 0) break;
    const when = await ask(store);
    const answer = makePage(pass.endpoint, answerTo(asked));
    await settleCandidates(
      store,
      found,
      { asked, returned: answer.storable, unreadable: [], ...when },
      PLAIN,
    );
  }
  return finishSweep(store, found);
}

export async function getPass(store: Store, id: number): Promise<Pass | undefined> {
  return store.db.selectFrom('kombo_sync.passes').selectAll().where('id', '=', id).executeTakeFirst();
}

/** The history of an endpoint. */
export async function historyAt(
  store: Store,
  integrationId: string,
  endpoint: string,
): Promise<EndpointHistory> {
  return historyOf(await readHistory(store, integrationId, [endpoint]), endpoint);
}

export async function readWatermark(
  store: Store,
  integrationId: string,
  endpoint: string,
): Promise<Date | null> {
  return (await historyAt(store, integrationId, endpoint)).watermark;
}

export async function databaseTime(store: Store): Promise<Date> {
  const { rows } = await store.pool.query<{ now: Date }>('select clock_timestamp() as now');
  return rows[0]!.now;
}

export type Row = Record<string, unknown> & {
  raw: Record<string, unknown>;
  raw_text: string;
  changed_at: Date | null;
  remote_deleted_at: Date | null;
  deleted_at: Date | null;
  observed_at: Date;
};

export async function readRow(
  store: Store,
  integrationId: string,
  table: string,
  id: string,
): Promise<Row | undefined> {
  const { rows } = await store.pool.query<Row>(
    `select *, raw::text as raw_text from kombo."${table}" where integration_id = $1 and id = $2`,
    [integrationId, id],
  );
  return rows[0];
}

/** A version for each row, which every write changes, even with the same content. */
export async function rowVersions(store: Store, table: string): Promise<Record<string, string>> {
  const { rows } = await store.pool.query<{ key: string; version: string }>(
    `select integration_id || ' ' || id as key, xmin || ' ' || ctid as version from kombo."${table}" order by 1`,
  );
  return Object.fromEntries(rows.map((row) => [row.key, row.version]));
}

/** Entries of the change feed as `op id`, in order. */
export async function feed(store: Store, integrationId: string): Promise<string[]> {
  const { rows } = await store.pool.query<{ op: string; id: string }>(
    'select op, id from kombo_sync.changes where integration_id = $1 order by seq',
    [integrationId],
  );
  return rows.map((row) => `${row.op} ${row.id}`);
}

export async function rejected(store: Store, integrationId: string) {
  const { rows } = await store.pool.query<{
    id: string | null;
    reason: string;
    hash: string;
    body: string | null;
    times: number;
  }>(
    `select id, reason, hash, body, times from kombo_sync.rejected_records
     where integration_id = $1 order by id nulls last, hash`,
    [integrationId],
  );
  return rows;
}
