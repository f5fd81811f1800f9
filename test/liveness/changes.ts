import { getEndpoint } from '../../src/domain/catalogue/index.ts';
import { dueOf, type Due, type Harm, type Part } from './bounds.ts';
import type { Change } from './plan.ts';
import type { World } from './world.ts';

/** A record changed at Kombo, and a webhook reported it. */
export interface Told {
  part: Part;
  id: string;
  /** If the copy shows this number or a higher one, it has the change. */
  version: number;
  deleted: boolean;
  at: number;
  arrivedAt?: number;
  /** The bound has passed. */
  late?: Due;
}

/** Changes records, and notes when each change is a row. */
export class Changes {
  readonly told: Told[] = [];
  readonly #world: World;
  readonly #ids: readonly string[];
  #version = 0;
  #open: Told[] = [];

  constructor(world: World, ids: readonly string[]) {
    this.#world = world;
    this.#ids = ids;
  }

  get open(): readonly Told[] {
    return this.#open;
  }

  async make(change: Change): Promise<void> {
    const { control } = this.#world;
    const { integration, endpoint, kind, where, duplicate } = change;
    const integrationId = this.#ids[integration]!;
    if (kind === 'nested') {
      const providers = control.ids(integrationId, 'lms_course_providers');
      const provider = providers[Math.floor(where * providers.length)];
      if (provider) control.update(integrationId, 'lms_course_providers', provider);
      await this.#world.tell(integrationId, ['lms_course_providers'], duplicate);
      return;
    }
    const { table } = getEndpoint(endpoint);
    const changed = this.#change(integrationId, table, change);
    await this.#world.tell(integrationId, [table], duplicate);
    const at = performance.now();
    const part = { integration, endpoint };
    const told = changed.map((one): Told => ({ ...one, part, at }));
    this.told.push(...told);
    this.#open.push(...told);
  }

  #change(id: string, table: string, { kind, where, count }: Change): Omit<Told, 'part' | 'at'>[] {
    const { control } = this.#world;
    const live = control.ids(id, table);
    const first = Math.floor(where * live.length);
    const next = () => ({ version: ++this.#version });
    if (kind === 'create') {
      return Array.from({ length: count }, () => {
        const { version } = next();
        const [made] = control.create(id, table, { fields: { remote_id: text(version) } });
        return { id: made!, version, deleted: false };
      });
    }
    return live.slice(first, first + count).map((record) => {
      const { version } = next();
      control.update(id, table, record, { remote_id: text(version) });
      // Keeps enough for later changes.
      const deleted = kind === 'delete' && control.ids(id, table, { limit: 10 }).length === 10;
      if (deleted) control.tombstone(id, table, record);
      return { id: record, version, deleted };
    });
  }

  /** A record vanishes without a trace, so its earlier changes never arrive. @returns its id. */
  vanish(integration: number, table: string): string[] {
    const { control } = this.#world;
    const integrationId = this.#ids[integration]!;
    const gone = control.ids(integrationId, table).slice(-1);
    control.vanish(integrationId, table, gone);
    this.#open = this.#open.filter(
      ({ part, id }) =>
        part.integration !== integration || !gone.includes(id) || getEndpoint(part.endpoint).table !== table,
    );
    return gone;
  }

  /** Looks once for late changes. @returns those that are late since this look. */
  async look(harms: readonly Harm[]): Promise<Told[]> {
    const byTable = Map.groupBy(this.#open, ({ part }) => getEndpoint(part.endpoint).table);
    await Promise.all([...byTable].map(([table, open]) => this.#lookAt(table, open)));
    this.#open = this.#open.filter(({ arrivedAt }) => arrivedAt === undefined);
    const now = performance.now();
    const late: Told[] = [];
    for (const told of this.#open) {
      if (told.late) continue;
      const due = dueOf(told.part, told.at, harms);
      if (now <= due.at) continue;
      told.late = due;
      late.push(told);
    }
    return late;
  }

  async #lookAt(table: string, open: readonly Told[]): Promise<void> {
    const keys = open.map(({ part }) => this.#ids[part.integration]!);
    const { rows } = await this.#world.looker
      .query<{ version: string | null; deleted: boolean | null }>(
        `select r.remote_id as version, r.deleted_at is not null as deleted
         from unnest($1::text[], $2::text[]) with ordinality as wanted(integration_id, id, place)
         left join kombo.${table} r on r.integration_id = wanted.integration_id and r.id = wanted.id order by place`,
        [keys, open.map(({ id }) => id)],
      )
      // The table is locked, so this looks again later.
      .catch((error: { code?: string }) => {
        if (error.code === '55P03') return { rows: [] };
        throw error;
      });
    const now = performance.now();
    rows.forEach(({ version, deleted }, place) => {
      const told = open[place]!;
      const seen = numberOf(version);
      if (seen > told.version || (seen === told.version && deleted === told.deleted)) told.arrivedAt = now;
    });
  }
}

const text = (version: number) => `live ${version}`;

function numberOf(remoteId: string | null): number {
  const [, digits] = /^live (\d+)$/.exec(remoteId ?? '') ?? [];
  return digits === undefined ? Number.NEGATIVE_INFINITY : Number(digits);
}
