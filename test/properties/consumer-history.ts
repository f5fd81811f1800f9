import { setTimeout as delay } from 'node:timers/promises';
import { consumeChanges, type Change } from '../../src/consumer/index.ts';
import { getEndpoint } from '../../src/domain/catalogue/index.ts';
import { transaction } from '../../src/store/database.ts';
import { beginWrite } from '../../src/store/records/begin-write.ts';
import { writeRecords } from '../../src/store/records/write-records.ts';
import { caughtUp } from '../consumer/support.ts';
import { ask, makePage, PLAIN } from '../store/support.ts';
import type { TestStore } from '../support/database.ts';

/* Plays a history: writers and consumers at the same time, with what ends, cuts and fails them. */

export type Step =
  | {
      do: 'write';
      writer: number;
      table: 'ats_tags' | 'ats_rejection_reasons';
      ids: string[];
      isDeleted: boolean;
      ms: number;
    }
  | { do: 'start'; consumer: number; fails: number[]; ms: number }
  | { do: 'end' | 'cut' | 'crash' | 'expire'; consumer: number }
  | { do: 'wait'; ms: number };

export interface ConsumerPlan {
  from: 'beginning' | 0;
  tables: ('ats_tags' | 'ats_rejection_reasons')[] | null;
  batch: number;
}

export interface ConsumerHistory {
  consumers: ConsumerPlan[];
  steps: Step[];
}

const ENDPOINTS = { ats_tags: '/ats/tags', ats_rejection_reasons: '/ats/rejection-reasons' } as const;
/** Two of the writers write to one integration. */
const INTEGRATIONS = ['first', 'first', 'second'];

interface Instance {
  abort: AbortController;
  ended: Promise<void>;
}

export class ConsumerPlayer {
  readonly #store: TestStore;
  readonly #prefix: string;
  readonly #history: ConsumerHistory;
  readonly #running: Instance[][];
  readonly #writers: Promise<void>[] = INTEGRATIONS.map(() => Promise.resolve());
  readonly #starts: Map<string, number> = new Map();
  #version = 0;

  constructor(store: TestStore, prefix: string, history: ConsumerHistory) {
    this.#store = store;
    this.#prefix = prefix;
    this.#history = history;
    this.#running = history.consumers.map(() => []);
  }

  nameOf(consumer: number): string {
    return `${this.#prefix}-${consumer}`;
  }

  /** Where a consumer has begun in the feed. */
  startOf(consumer: number): number {
    return this.#starts.get(this.nameOf(consumer))!;
  }

  /** Ends when every consumer has handled everything, and none runs any more. */
  async play(): Promise<void> {
    try {
      for (const step of this.#history.steps) await this.#take(step);
      await Promise.all(this.#writers);
      for (const [consumer, running] of this.#running.entries()) {
        if (running.length === 0) await this.#start(consumer, { fails: [], ms: 0 });
        await caughtUp(this.#store, this.nameOf(consumer));
      }
    } finally {
      for (const running of this.#running) for (const { abort } of running) abort.abort();
      await Promise.all([...this.#running.flat().map(({ ended }) => ended), ...this.#writers]);
    }
  }

  async #take(step: Step): Promise<void> {
    switch (step.do) {
      case 'wait':
        await delay(step.ms);
        return;
      case 'write':
        this.#writers[step.writer] = this.#writers[step.writer]!.then(() => this.#write(step));
        return;
      case 'start':
        return this.#start(step.consumer % this.#running.length, step);
      case 'end':
      case 'cut':
      case 'crash':
      case 'expire':
        return this.#disturb(step.consumer % this.#running.length, step.do);
    }
  }

  async #write({ writer, table, ids, isDeleted, ms }: Extract<Step, { do: 'write' }>): Promise<void> {
    const place = {
      integrationId: `${this.#prefix}:${INTEGRATIONS[writer]}`,
      endpoint: getEndpoint(ENDPOINTS[table]),
    };
    const name = `version ${(this.#version += 1)}`;
    const remote_deleted_at = isDeleted ? '2026-01-01T00:00:00Z' : null;
    const page = makePage(
      place.endpoint.path,
      ids.map((id) => ({ id, name, remote_deleted_at })),
    );
    const asked = await ask(this.#store);
    await transaction(this.#store.pool, async (client) => {
      const arrivedSeq = await beginWrite(client, place);
      const target = { ...place, ...asked, arrivedSeq, driftBefore: null, passId: null };
      await writeRecords(client, target, page.storable, page.rejected, PLAIN, false);
      // Its numbers of the feed are taken, and others commit before it.
      await delay(ms);
    });
  }

  /** One more process under the name. */
  async #start(consumer: number, { fails, ms }: { fails: readonly number[]; ms: number }): Promise<void> {
    const { from, tables, batch } = this.#history.consumers[consumer]!;
    const name = this.nameOf(consumer);
    const abort = new AbortController();
    let calls = 0;
    const ended = consumeChanges({
      connectionString: this.#store.url,
      consumer: name,
      from,
      batch,
      ...(tables ? { tables } : {}),
      signal: abort.signal,
      async handle({ changes, tx }) {
        calls += 1;
        for (const [index, change] of changes.entries()) {
          // Half-way: what was written before is undone.
          if (fails.includes(calls) && index === Math.floor(changes.length / 2)) throw new Error('planned');
          await tx.query(EFFECT, [name, ...effectOf(change)]);
        }
        await delay(ms);
      },
      onError: () => 'retry',
    });
    this.#running[consumer]!.push({ abort, ended });
    if (!this.#starts.has(name)) this.#starts.set(name, await this.#registered(name));
  }

  async #registered(name: string): Promise<number> {
    for (;;) {
      const { rows } = await this.#store.pool.query<{ seq: number }>(
        'select first_seq::int as seq from mine.registered where name = $1',
        [name],
      );
      if (rows[0]) return rows[0].seq;
      await delay(5);
    }
  }

  async #disturb(consumer: number, how: 'end' | 'cut' | 'crash' | 'expire'): Promise<void> {
    const name = this.nameOf(consumer);
    const { pool } = this.#store;
    if (how === 'end' || how === 'crash') {
      const instance = this.#running[consumer]!.shift();
      instance?.abort.abort();
      if (how === 'end') return instance?.ended;
    }
    // Wherever it is in its work.
    if (how !== 'expire') {
      await pool.query('select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1', [
        `kombo-sync consumer ${name}`,
      ]);
    }
    // The time passes for which the others wait: for one that is gone, or for one that was frozen and still works.
    if (how !== 'cut') {
      await pool.query('update kombo_sync.consumers set held_until = now() where name = $1', [name]);
      // Those that stand by look at once.
      await pool.query('notify kombo_sync_changes');
    }
  }
}

const EFFECT = `insert into mine.effects (consumer, seq, table_name, integration_id, id, name, is_live, arrived_seq)
  values ($1, $2, $3, $4, $5, $6, $7, $8)`;

function effectOf({ seq, table, integrationId, id, row }: Change): unknown[] {
  const { name, deleted_at, arrived_seq } = row as unknown as {
    name: string;
    deleted_at: Date | null;
    arrived_seq: string;
  };
  return [seq, table, integrationId, id, name, deleted_at === null, arrived_seq];
}

/** Tables of the user, and a note of where each consumer has begun. */
export async function prepareEffects({ pool }: TestStore): Promise<void> {
  await pool.query(`
    create schema mine;
    create table mine.effects (consumer text, seq bigint, table_name text, integration_id text, id text, name text,
      is_live boolean, arrived_seq bigint, row_seq bigserial);
    create table mine.registered (name text primary key, first_seq bigint);
    create function mine.note() returns trigger language plpgsql as
      $$ begin insert into mine.registered values (new.name, new.seq); return new; end $$;
    create trigger note after insert on kombo_sync.consumers for each row execute function mine.note()`);
}
