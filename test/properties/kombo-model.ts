/** What happens to a record at Kombo. */
export type ChangeKind =
  'own' | 'covered' | 'hidden' | 'tombstone' | 'emptied' | 'restored' | 'vanished' | 'moved' | 'rewound';

export type Body = Record<string, unknown> & { id: string };

/** A state that a record was in. */
export interface Version {
  /** When the state began, by our clock. */
  at: number;
  kind: Exclude<ChangeKind, 'moved'>;
  /** What the API returns; undefined once it returns nothing. */
  body: Body | undefined;
}

interface Entry {
  id: string;
  position: number;
  changedAt: number;
  touchedAt: number;
  body: Body | undefined;
  versions: Version[];
}

export interface Listing {
  after: string | null;
  /** Milliseconds by Kombo's clock. */
  since: number | null;
  pageSize: number;
}

/**
 * Kombo in memory: one endpoint, listed by position with a cursor, filtered again for each page. No two states of a
 * record are equal, because a value that returns unchanged under the same changed_at is a known limit.
 */
export class KomboModel {
  readonly #entries = new Map<string, Entry>();
  readonly #skewMs: number;
  #version = 0;
  #front = 0;
  #back = 0;

  /** `skewMs`: how far Kombo's clock runs ahead of ours. */
  constructor(skewMs: number) {
    this.#skewMs = skewMs;
  }

  komboTime(at: number): number {
    return at + this.#skewMs;
  }

  /** Makes the change if the record's state allows it. `quiet` keeps changed_at if Kombo might keep it. */
  change(id: string, kind: ChangeKind, at: number, quiet: boolean): boolean {
    const entry = this.#entries.get(id);
    const deleted = Boolean(entry?.body?.['remote_deleted_at']);
    if (kind === 'moved') {
      if (!entry) return false;
      entry.position = quiet ? this.#back++ : --this.#front;
      return true;
    }
    if (kind === 'rewound') return entry !== undefined && this.#rewind(entry, at, quiet);
    if (!entry?.body) {
      if (kind !== 'own' && kind !== 'restored') return false;
      this.#write(entry ?? this.#add(id), at, 'restored', { deleted: false, quiet: false });
      return true;
    }
    if (kind === 'vanished') {
      entry.body = undefined;
      entry.versions.push({ at, kind, body: undefined });
      return true;
    }
    if (kind === 'emptied' && entry.body['name'] === null) return false;
    // A live record can be emptied if it was not read in between.
    if (kind !== 'emptied' && (kind === 'restored') !== deleted) return false;
    const nested = kind === 'covered' || kind === 'hidden';
    this.#write(entry, at, kind, {
      deleted: kind === 'tombstone' || kind === 'emptied',
      quiet: quiet || nested,
    });
    return true;
  }

  #add(id: string): Entry {
    const entry = { id, position: this.#back++, changedAt: 0, touchedAt: 0, body: undefined, versions: [] };
    this.#entries.set(id, entry);
    return entry;
  }

  #write(entry: Entry, at: number, kind: Version['kind'], how: { deleted: boolean; quiet: boolean }): void {
    const time = this.komboTime(at);
    if (!how.quiet || entry.changedAt === 0) entry.changedAt = time;
    if (kind !== 'hidden') entry.touchedAt = time;
    const emptied = kind === 'emptied';
    const version = ++this.#version;
    const known = emptied ? entry.body?.['remote_deleted_at'] : undefined;
    const deletedAt = known ?? new Date(time).toISOString();
    entry.body = {
      id: entry.id,
      remote_id: null,
      name: emptied ? null : `v${version}`,
      remote_data: emptied ? null : { nested: version },
      changed_at: new Date(entry.changedAt).toISOString(),
      remote_deleted_at: how.deleted ? deletedAt : null,
    };
    entry.versions.push({ at, kind, body: entry.body });
  }

  /** Kombo is restored from a backup: the record is as before, with its old times. `quiet` takes the oldest state. */
  #rewind(entry: Entry, at: number, quiet: boolean): boolean {
    const older = entry.versions.filter(
      ({ body }) => body && body['name'] !== null && changedAt(body) < entry.changedAt,
    );
    const state = older.at(quiet ? 0 : -1)?.body;
    if (!state) return false;
    const version = ++this.#version;
    entry.changedAt = changedAt(state);
    entry.touchedAt = entry.changedAt;
    entry.body = { ...state, name: `v${version}`, remote_data: { nested: version } };
    entry.versions.push({ at, kind: 'rewound', body: entry.body });
    return true;
  }

  list(query: Listing): { results: Body[]; next: string | null } {
    const after = query.after === null ? Number.NEGATIVE_INFINITY : Number(query.after.split('/')[0]);
    const matching = [...this.#entries.values()]
      .filter((entry) => entry.body && entry.position > after)
      .filter((entry) => query.since === null || Math.max(entry.changedAt, entry.touchedAt) > query.since)
      .sort((a, b) => a.position - b.position);
    const page = matching.slice(0, query.pageSize);
    // The cursor also says how far the listing had come, so that two pages never share one.
    const next =
      matching.length > page.length ? `${page.at(-1)!.position}/${this.#version}/${this.#front}` : null;
    return { results: page.map((entry) => entry.body!), next };
  }

  byIds(ids: readonly string[]): Body[] {
    return ids.flatMap((id) => this.#entries.get(id)?.body ?? []);
  }

  ids(): string[] {
    return [...this.#entries.keys()];
  }

  current(id: string): Body | undefined {
    return this.#entries.get(id)?.body;
  }

  versions(id: string): readonly Version[] {
    return this.#entries.get(id)?.versions ?? [];
  }
}

function changedAt(body: Body): number {
  return Date.parse(body['changed_at'] as string);
}
