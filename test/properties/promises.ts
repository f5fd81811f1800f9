import type { Store } from '../../src/store/database.ts';
import type { Pass } from '../../src/store/state/passes.ts';
import type { KomboModel, Version } from './kombo-model.ts';

export interface Row {
  id: string;
  raw: Record<string, unknown>;
  name: string | null;
  changed_at: Date | null;
  remote_deleted_at: Date | null;
  deleted_at: Date | null;
}

/**
 * The promises of completed passes: for each record, the newest state that existed when the pass began and that the
 * pass could see. The table must never show an older state after that.
 */
export class Promises {
  readonly #store: Store;
  readonly #integrationId: string;
  readonly #model: KomboModel;
  readonly #kept = new Map<string, number>();
  /** Records that changed their place in the listing under a reader, which may then miss them once. */
  readonly #moved = new Set<string>();
  /** Records that Kombo took back in time while an answer that showed them was under way. */
  readonly #overtaken = new Set<string>();

  constructor(store: Store, integrationId: string, model: KomboModel) {
    this.#store = store;
    this.#integrationId = integrationId;
    this.#model = model;
  }

  moved(id: string): void {
    this.#moved.add(id);
  }

  overtaken(id: string): void {
    this.#overtaken.add(id);
  }

  async rows(): Promise<Map<string, Row>> {
    const { rows } = await this.#store.pool.query<Row>(
      `select id, raw, name, changed_at, remote_deleted_at, deleted_at from kombo.ats_tags where integration_id = $1`,
      [this.#integrationId],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** `startedAt`: when the pass really began. */
  async keep(pass: Pass, startedAt: number): Promise<void> {
    const delta = pass.updated_after !== null;
    // If no pass has ended yet, a delta builds on a full pass that will still read earlier changes.
    const from = delta && !pass.moves_watermark ? pass.updated_after!.getTime() : Number.NEGATIVE_INFINITY;
    for (const id of this.#model.ids()) {
      const index = this.#model
        .versions(id)
        .findLastIndex(
          (version) =>
            version.at < startedAt &&
            this.#model.komboTime(version.at) > from &&
            version.kind !== 'vanished' &&
            !(delta && (version.kind === 'hidden' || version.kind === 'rewound')),
        );
      if (index > (this.#kept.get(id) ?? -1)) this.#kept.set(id, index);
    }
    await this.check();
  }

  async check(): Promise<void> {
    const rows = await this.rows();
    for (const [id, index] of this.#kept) {
      const versions = this.#model.versions(id);
      // Once it has vanished without a trace, no delta can show its earlier states.
      if (this.#moved.has(id) || versions.slice(index).some((version) => version.kind === 'vanished'))
        continue;
      // The same if Kombo has gone back behind it.
      if (this.#overtaken.has(id) || versions.slice(index + 1).some((version) => version.kind === 'rewound'))
        continue;
      const row = rows.get(id);
      const shown = row === undefined ? -1 : versions.findLastIndex((version) => shows(row, version));
      if (shown < index) {
        throw new Error(
          `Record ${id} was promised in state ${index} (${JSON.stringify(versions[index])}) and shows state ${shown} (${JSON.stringify(row)}).`,
        );
      }
    }
  }
}

/** Whether a row may stand for a state of its record. */
function shows(row: Row, version: Version): boolean {
  const { body } = version;
  if (!body) return row.deleted_at !== null && row.remote_deleted_at === null;
  const deletedAt = body['remote_deleted_at'] as string | null;
  const sameDeletion =
    deletedAt === null ? row.deleted_at === null : row.deleted_at?.toISOString() === deletedAt;
  return sameDeletion && (version.kind === 'emptied' || row.raw['name'] === body['name']);
}
