import { EventEmitter } from 'node:events';
import type { FaultQueue } from '../api/faults.ts';
import { listAll } from '../api/list.ts';
import type { RateLimit } from '../api/rate-limit.ts';
import type { RequestLog } from '../api/request-log.ts';
import { modelOf, type Fields } from '../model/index.ts';
import * as changes from '../state/changes.ts';
import type { ModelProblem } from '../state/spec.ts';
import type { World } from '../state/world.ts';
import type { WebhookResult, WebhookSender } from '../webhooks/sender.ts';

export interface ControlDeps {
  world: World;
  faults: FaultQueue;
  rateLimit: RateLimit;
  requests: RequestLog;
  webhooks: WebhookSender;
}

type ChangeAction = 'created' | 'updated' | 'tombstoned' | 'vanished' | 'restored' | 'emptied';

/** Reports changes and webhooks to a log. */
interface ControlEvents {
  changed: [{ integrationId: string; table: string; action: ChangeAction; count: number }];
  /** A `data-changed` was sent, or lost on purpose. */
  webhook: [{ integrationId: string; models: string[]; result: WebhookResult }];
}

type Ids = string | readonly string[];

/** The part of the control interface for records. */
export class RecordControl extends EventEmitter<ControlEvents> {
  protected readonly deps: ControlDeps;

  constructor(deps: ControlDeps) {
    super();
    this.deps = deps;
  }

  /** Tables that the API lists for the integration. */
  tables(integrationId: string): string[] {
    return this.deps.world
      .get(integrationId)
      .endpoints()
      .map(({ table }) => table);
  }

  /** Ids of records that are not deleted, in listing order. */
  ids(integrationId: string, table: string, range: { offset?: number; limit?: number } = {}): string[] {
    const state = this.deps.world.get(integrationId).table(table);
    const { offset = 0, limit = Number.POSITIVE_INFINITY } = range;
    const ids: string[] = [];
    let seen = 0;
    for (const ordinal of state.walk()) {
      if (state.deletedAt(ordinal) !== undefined) continue;
      if (seen++ < offset) continue;
      if (ids.length >= limit) break;
      ids.push(state.idOf(ordinal));
    }
    return ids;
  }

  /** All records and tombstones, by id: what a complete copy of the table must hold. */
  snapshot(integrationId: string, table: string): Map<string, Fields> {
    const integration = this.deps.world.get(integrationId);
    const state = integration.table(table);
    const texts = listAll(integration, table);
    return new Map(texts.map(([ordinal, text]) => [state.idOf(ordinal), JSON.parse(text) as Fields]));
  }

  /** Makes records. `fields` overrides generated values, `id` included; fields such as `candidate_id` set links. */
  create(integrationId: string, table: string, options: { count?: number; fields?: Fields } = {}): string[] {
    const integration = this.deps.world.get(integrationId);
    const ids = Array.from({ length: options.count ?? 1 }, () =>
      changes.createRecord(integration, table, this.now(), options.fields ?? {}),
    );
    this.#tell(integrationId, table, 'created', ids);
    return ids;
  }

  /** Sets `fields`, or without them changes what usually changes in such a record. */
  update(integrationId: string, table: string, ids: Ids, fields?: Fields): void {
    const integration = this.deps.world.get(integrationId);
    for (const id of listed(ids)) changes.updateRecord(integration, table, id, this.now(), fields);
    this.#tell(integrationId, table, 'updated', ids);
  }

  /** Changes only what is nested in a record (a linked record, or a membership of a join model), not `changed_at`. */
  updateNested(integrationId: string, table: string, id: string, model: string): void {
    changes.updateNestedRecord(this.deps.world.get(integrationId), table, id, model, this.now());
    this.#tell(integrationId, model, 'updated', id);
  }

  tombstone(integrationId: string, table: string, ids: Ids): void {
    const integration = this.deps.world.get(integrationId);
    for (const id of listed(ids)) changes.tombstoneRecord(integration, table, id, this.now());
    this.#tell(integrationId, table, 'tombstoned', ids);
  }

  /** Removes the record from the API. No tombstone, delta or webhook reports it. */
  vanish(integrationId: string, table: string, ids: Ids): void {
    const integration = this.deps.world.get(integrationId);
    for (const id of listed(ids)) changes.vanishRecord(integration, table, id);
    this.#tell(integrationId, table, 'vanished', ids);
  }

  restore(integrationId: string, table: string, ids: Ids): void {
    const integration = this.deps.world.get(integrationId);
    for (const id of listed(ids)) changes.restoreRecord(integration, table, id, this.now());
    this.#tell(integrationId, table, 'restored', ids);
  }

  /** Makes the fields of a tombstone null, as Kombo does 14 days after the deletion. */
  empty(integrationId: string, table: string, ids: Ids): void {
    const integration = this.deps.world.get(integrationId);
    for (const id of listed(ids)) changes.emptyRecord(integration, table, id, this.now());
    this.#tell(integrationId, table, 'emptied', ids);
  }

  /** Moves a record to one end of the listing, so that a reader between two pages sees it twice or misses it. */
  move(integrationId: string, table: string, id: string, where: 'first' | 'last'): void {
    const integration = this.deps.world.get(integrationId);
    integration.table(table).move(changes.ordinalOf(integration, table, id), where);
  }

  /** Serves this text in place of the record, byte by byte, valid or not. */
  setRaw(integrationId: string, table: string, id: string, text: string): void {
    const integration = this.deps.world.get(integrationId);
    const ordinal = changes.ordinalOf(integration, table, id);
    integration.table(table).edit(ordinal).raw = text;
    integration.recordChanged(modelOf(table), ordinal, this.now());
    this.#tell(integrationId, table, 'updated', id);
  }

  /** Switches a model off, as a customer does (all its records become tombstones), or on again. */
  switchModel(integrationId: string, table: string, on: boolean): void {
    const integration = this.deps.world.get(integrationId);
    const model = modelOf(table).name;
    const state = integration.table(table);
    const since = integration.switchedOff.get(model);
    if (on === (since === undefined)) return;
    const affected = [...state.walk()].filter(
      (ordinal) => state.deletedAt(ordinal) === (on ? since : undefined),
    );
    const ids = affected.map((ordinal) => state.idOf(ordinal));
    const at = this.now();
    for (const id of ids) {
      if (on) changes.restoreRecord(integration, table, id, at);
      else changes.tombstoneRecord(integration, table, id, at);
    }
    if (on) integration.switchedOff.delete(model);
    else integration.switchedOff.set(model, at);
    this.#tell(integrationId, table, on ? 'restored' : 'tombstoned', ids);
  }

  /** Makes reads of a model fail with this code; null makes them work again. */
  setModelProblem(integrationId: string, table: string, problem: ModelProblem | null): void {
    const { problems } = this.deps.world.get(integrationId);
    if (problem === null) problems.delete(modelOf(table).name);
    else problems.set(modelOf(table).name, problem);
  }

  protected now(): number {
    return this.deps.world.now().getTime();
  }

  #tell(integrationId: string, table: string, action: ChangeAction, ids: Ids): void {
    const count = listed(ids).length;
    if (count > 0) this.emit('changed', { integrationId, table, action, count });
  }
}

function listed(ids: Ids): readonly string[] {
  return typeof ids === 'string' ? [ids] : ids;
}
