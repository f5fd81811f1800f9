import type pg from 'pg';
import { HEALING_CLASSES } from '../../domain/decide.ts';
import type { ErrorClass } from '../../domain/errors.ts';
import type { DebtKind } from '../../domain/reads.ts';
import { NO_FAILURE } from './debts.ts';
import type { Pass } from './passes.ts';

/** How the end of a pass changed the debts. */
export interface Paid {
  /** Whether to decide again what to read: a debt is left that is due, or a read that had failed works again. */
  owes: boolean;
  /** Since when the endpoint had failed for a reason that ends for many reads at once; null if it had not. */
  recoveredSince: Date | null;
}

/**
 * Pays the debts that a completed pass has read, in the transaction that completes it. Debts asked for since the pass
 * began stay, but they no longer fail or wait, because the endpoint answers. After a full listing, a sweep is owed.
 */
export async function payDebts(client: pg.ClientBase, pass: Pass): Promise<Paid> {
  const { integration_id: id, endpoint, started_at: start } = pass;
  const whole = pass.updated_after === null;
  const { rows } = await client.query<DebtOfPass>(
    `select kind, asked_seq, failing_since, failure_class, coalesce(due_at <= clock_timestamp(), true) and not given_up as due
     from kombo_sync.debts where integration_id = $1 and endpoint = $2 and kind in ('delta', 'full') order by kind for update`,
    [id, endpoint],
  );
  // A pass that reads changes since a given date may leave a gap before that date.
  const gapless = pass.kind === 'delta' || pass.moves_watermark;
  const reads = (debt: DebtOfPass) => whole || (debt.kind === 'delta' && gapless);
  const paid = rows.filter((debt) => reads(debt) && debt.asked_seq <= pass.started_seq);
  const left = rows.filter((debt) => !paid.includes(debt));
  const freed = left.filter(
    (debt) => debt.failing_since && (reads(debt) || debt.failure_class === 'EndpointDisabled'),
  );
  const kinds = (debts: DebtOfPass[]) => debts.map(({ kind }) => kind);
  if (paid.length > 0) {
    await client.query(
      'delete from kombo_sync.debts where integration_id = $1 and endpoint = $2 and kind = any($3)',
      [id, endpoint, kinds(paid)],
    );
  }
  if (freed.length > 0) {
    await client.query(
      `update kombo_sync.debts set due_at = null, ${NO_FAILURE}
       where integration_id = $1 and endpoint = $2 and kind = any($3)`,
      [id, endpoint, kinds(freed)],
    );
  }
  // Everything up to the start of the pass is read.
  await client.query(
    `update kombo_sync.debts set since = greatest(since, $4) where integration_id = $1 and endpoint = $2 and kind = any($3)`,
    [id, endpoint, kinds(left.filter(reads)), start],
  );
  if (whole) await oweSweep(client, pass);
  const works = [...paid, ...freed].filter(({ failing_since }) => failing_since !== null);
  const recovered = works.filter(({ failure_class }) => HEALING_CLASSES.includes(failure_class!));
  return {
    owes: works.length > 0 || left.some((debt) => debt.due),
    recoveredSince: recovered.reduce<Date | null>(
      (first, { failing_since: since }) => earlier(first, since),
      null,
    ),
  };
}

/**
 * A new listing replaces one that was to be swept. If that sweep failed, its failure stays until Kombo answers a sweep,
 * which sends other requests than a listing. The run that has listed continues with the sweep. Another run sweeps only
 * if that one is lost.
 */
async function oweSweep(client: pg.ClientBase, pass: Pass): Promise<void> {
  const { integration_id: id, endpoint, started_at: start, started_seq: seq } = pass;
  await client.query(
    `insert into kombo_sync.debts as d (integration_id, endpoint, kind, since, asked_seq) values ($1, $2, 'sweep', $3, $4)
     on conflict (integration_id, endpoint, kind) do update set
       since = greatest(d.since, excluded.since), asked_seq = greatest(d.asked_seq, excluded.asked_seq),
       due_at = case when d.failing_since is not null then clock_timestamp() + interval '1 minute' end, given_up = false`,
    [id, endpoint, start, seq],
  );
  // The endpoint is offered: it has just been listed.
  await client.query(
    `update kombo_sync.debts set due_at = null, ${NO_FAILURE}
     where integration_id = $1 and endpoint = $2 and kind = 'sweep' and failure_class = 'EndpointDisabled'`,
    [id, endpoint],
  );
}

interface DebtOfPass {
  kind: DebtKind;
  asked_seq: number;
  failing_since: Date | null;
  failure_class: ErrorClass | null;
  due: boolean;
}

function earlier(a: Date | null, b: Date | null): Date | null {
  return a && b ? (a < b ? a : b) : (a ?? b);
}

/** The listing of a full pass has been swept, or waits for your decision. */
export async function paySweep(client: pg.ClientBase, pass: Pass): Promise<void> {
  await client.query(
    `delete from kombo_sync.debts
     where integration_id = $1 and endpoint = $2 and kind = 'sweep' and asked_seq <= $3`,
    [pass.integration_id, pass.endpoint, pass.started_seq],
  );
}
