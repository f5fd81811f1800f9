import { getEndpoint } from '../../src/domain/catalogue/index.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { prepareRecords } from '../../src/domain/records.ts';
import type { PassKind } from '../../src/domain/reads.ts';
import { askedByKombo, clockCorrection } from '../../src/domain/window.ts';
import { exactNumber } from '../../src/kombo/json.ts';
import { commitPage, type Page } from '../../src/store/records/commit-page.ts';
import type { Store } from '../../src/store/database.ts';
import { endPass, restartPass } from '../../src/store/state/pass-life.ts';
import { openPass, type Pass } from '../../src/store/state/passes.ts';
import {
  findCandidates,
  finishSweep,
  nextCandidates,
  settleCandidates,
  type SweepAnswer,
} from '../../src/store/records/sweep.ts';
import type { ClockedStore } from '../support/clocked-store.ts';
import { KomboModel } from './kombo-model.ts';
import { Promises } from './promises.ts';
import type { History, Step } from './steps.ts';
import { VirtualTime } from './virtual-time.ts';
import { answersWith, type Walk } from './walk.ts';

const ENDPOINT = '/ats/tags';
const PASSES_AT_ONCE = 4;
const LAG_MS = 400;

/** Plays a history against the real statements. Time is virtual, so that a seed plays the same way again. */
export class Player {
  readonly model: KomboModel;
  readonly promises: Promises;
  readonly #store: Store;
  readonly #history: History;
  readonly #integrationId: string;
  readonly #walks: Walk[] = [];
  readonly #time: VirtualTime;
  /** Answers that show a record as it was before Kombo went back in time. */
  readonly #overtaken = new Set<Page | SweepAnswer>();
  #syncs = 0;
  #lastChanged: string | undefined;

  constructor(store: ClockedStore, integrationId: string, history: History) {
    this.#store = store;
    this.#integrationId = integrationId;
    this.#history = history;
    this.#time = new VirtualTime(store);
    this.model = new KomboModel(history.skewMs);
    this.promises = new Promises(store, integrationId, this.model);
  }

  async play(): Promise<void> {
    for (const step of this.#history.steps) await this.#play(step);
  }

  /** Ends everything under way. Then one full pass and its sweep run while Kombo does not change. */
  async settle(): Promise<void> {
    const late = this.#walks.flatMap((walk) => [
      ...walk.zombies,
      ...walk.fetched.slice(0, 1).map((page) => ({ pass: walk.pass, page })),
    ]);
    const sweeps = this.#walks.filter((walk) => walk.sweep);
    await this.fullSync();
    if (this.#history.lag) return;
    const rows = await this.promises.rows();
    // Known limit: a record that vanished before a sweep knew it as live returns with such a page, until the next sweep.
    const unswept = (id: string) => !this.model.current(id) && rows.get(id)?.remote_deleted_at !== null;
    for (const { pass, page } of late) {
      if (this.#overtaken.has(page) || page.storable.some(({ id }) => unswept(id))) continue;
      await this.#commitLate(pass, page);
    }
    for (const { pass, sweep } of sweeps)
      if (!this.#overtaken.has(sweep!)) await this.#settleLate(pass, sweep!);
  }

  async fullSync(): Promise<Pass> {
    this.#time.now += 1000;
    const begun = this.#time.now;
    let walk = await this.#sync('full');
    // A pass that resumed another one did not read everything itself.
    if (this.#time.momentOf(walk.pass.started_seq) < begun) walk = await this.#sync('full');
    while (walk.pass.sweep_state === 'due' || walk.sweep) await this.#sweep(walk);
    return walk.pass;
  }

  async #play(step: Step): Promise<void> {
    if (step.do === 'wait') {
      this.#time.now += step.ms;
    } else if (step.do === 'jump') {
      this.#time.jump(step.ms);
    } else if (step.do === 'change') {
      if (!step.sameInstant || this.#lastChanged === step.id) this.#time.now += 1;
      this.#change(step);
      return;
    } else if ('kind' in step) {
      const underWay = this.#walks.filter((walk) => walk.pass.state === 'running').length;
      if (step.do === 'sync') await this.#sync(step.kind);
      else if (underWay < PASSES_AT_ONCE) await this.#open(step.kind);
    } else {
      const walk = this.#walks.at(-1 - (step.pass % Math.max(this.#walks.length, 1)));
      if (walk) await this.#drive(walk, step.do);
    }
    this.#time.now += 1;
    this.#lastChanged = undefined;
  }

  #change(step: Extract<Step, { do: 'change' }>): void {
    const { lag } = this.#history;
    if (lag && ['covered', 'hidden', 'emptied'].includes(step.kind)) return;
    const quiet = step.kind === 'moved' ? step.quiet : step.quiet && !lag && step.kind !== 'own';
    const done = this.model.change(step.id, step.kind, this.#time.now, quiet);
    this.#lastChanged = step.id;
    if (done && step.kind === 'rewound') this.#overtake(step.id);
    if (done && step.kind === 'moved' && this.#walks.some((walk) => walk.pass.state === 'running')) {
      this.promises.moved(step.id);
    }
  }

  /** Known limit: by its changed_at, an answer under way while Kombo goes back in time may count as newer. */
  #overtake(id: string): void {
    const answers = answersWith(this.#walks, id);
    for (const answer of answers) this.#overtaken.add(answer);
    if (answers.length > 0) this.promises.overtaken(id);
  }

  async #drive(
    walk: Walk,
    action: Exclude<Step['do'], 'change' | 'wait' | 'jump' | 'open' | 'sync'>,
  ): Promise<void> {
    const running = walk.pass.state === 'running';
    switch (action) {
      case 'fetch':
        if (running) await this.#fetch(walk);
        break;
      case 'commit':
        if (running && walk.fetched.length > 0) await this.#commit(walk);
        break;
      case 'abort':
        // Another worker continues from the database; this one still holds a page that it will try to write.
        if (running) await this.#resume(walk);
        break;
      case 'zombie': {
        const zombie = walk.zombies.shift();
        if (zombie) await this.#commitLate(zombie.pass, zombie.page);
        break;
      }
      case 'fail':
        if (running) {
          // The next pass of its kind may resume every second one.
          const resumable = this.#syncs % 2 === 0;
          await endPass(this.#store, walk.pass.id, { state: 'failed', code: 'X', message: 'x', resumable });
          const [page] = walk.fetched;
          if (page) walk.zombies.push({ pass: walk.pass, page });
          walk.fetched = [];
          walk.pass = { ...walk.pass, state: 'failed' };
        }
        break;
      case 'refuse':
        if (running && walk.pass.cursor !== null) {
          const [page] = walk.fetched;
          if (page) walk.zombies.push({ pass: walk.pass, page });
          walk.pass = await restartPass(this.#store, walk.pass);
          Object.assign(walk, { fetched: [], cursor: null });
        }
        break;
      case 'sweep':
        if (walk.sweep || walk.pass.sweep_state === 'due') await this.#sweep(walk);
    }
  }

  async #open(kind: PassKind): Promise<Walk> {
    const syncId = `${this.#integrationId}/${++this.#syncs}`;
    const pass = await this.#openPass(syncId, kind);
    const { cursor } = pass;
    const walk = { syncId, pass, fetched: [], cursor, lastAnswerAt: this.#time.now, zombies: [] };
    this.#walks.push(walk);
    return walk;
  }

  /** A pass without interruption; its sweep is left to others. */
  async #sync(kind: PassKind): Promise<Walk> {
    const walk = await this.#open(kind);
    while (walk.pass.state === 'running') {
      this.#time.now += 1;
      await this.#fetch(walk);
      await this.#commit(walk);
    }
    return walk;
  }

  async #openPass(syncId: string, kind: PassKind): Promise<Pass> {
    await this.#time.setClock();
    const pass = await openPass(this.#store, {
      integrationId: this.#integrationId,
      endpoint: ENDPOINT,
      kind,
      syncId,
      workflowId: 'w',
      runId: 'r',
      trigger: 'webhook',
      because: 'webhook',
      overlapMs: this.#history.overlapMs,
    });
    if (!pass) throw new Error('Everything is chosen.');
    if (!this.#time.isDrawn(pass.started_seq)) this.#time.drawn(pass.started_seq);
    return pass;
  }

  async #resume(walk: Walk): Promise<void> {
    const [page] = walk.fetched;
    if (page) walk.zombies.push({ pass: walk.pass, page });
    walk.pass = await this.#openPass(walk.syncId, walk.pass.kind);
    Object.assign(walk, { fetched: [], cursor: walk.pass.cursor });
  }

  /** Asks for the next page, at most one ahead of the page that is being written, as the reader does. */
  async #fetch(walk: Walk): Promise<void> {
    if (walk.cursor === undefined || walk.fetched.length > 1) return;
    const { lag } = this.#history;
    const askedAt = lag ? Math.max(walk.lastAnswerAt, this.#time.now - LAG_MS) : this.#time.now;
    const askedSeq = lag ? this.#time.numberAt(askedAt) : await this.#time.draw();
    const since = walk.pass.updated_after?.getTime() ?? null;
    const { results, next } = this.model.list({
      after: walk.cursor,
      since,
      pageSize: this.#history.pageSize,
    });
    const kombo = new Date(Math.floor(this.model.komboTime(this.#time.now) / 1000) * 1000);
    walk.fetched.push({
      ...prepareRecords(getEndpoint(ENDPOINT), results, exactNumber),
      results: results.length,
      next,
      observedAt: this.#time.clock(askedAt),
      askedSeq,
      clockCorrectionMs: clockCorrection(kombo, this.#time.clock()),
      komboAskedAt: askedByKombo(kombo, this.#time.now - askedAt),
    });
    walk.cursor = next ?? undefined;
    walk.lastAnswerAt = this.#time.now;
  }

  async #commit(walk: Walk): Promise<void> {
    const committed = await this.#tryCommit(walk.pass, walk.fetched.shift()!);
    if (committed) walk.pass = committed;
    else await this.#resume(walk);
  }

  /** A page that arrives after its pass has moved on, or after the end. It must not undo anything. */
  async #commitLate(pass: Pass, page: Page): Promise<void> {
    await this.#tryCommit(pass, page);
    await this.promises.check();
  }

  /** Undefined if another attempt owns the pass. */
  async #tryCommit(pass: Pass, page: Page): Promise<Pass | undefined> {
    try {
      const drawn = (seq: number) => this.#time.drawn(seq);
      const committed = await commitPage(this.#store, pass, page, this.#options(), drawn);
      if (committed.pass.state === 'completed') {
        await this.promises.keep(committed.pass, this.#time.momentOf(committed.pass.started_seq));
      }
      return committed.pass;
    } catch (error) {
      if (error instanceof SyncError && error.errorClass === 'PassLost') return undefined;
      throw error;
    }
  }

  /** An answer to a sweep that arrives after the end. A newer listing may have taken the place of its own. */
  async #settleLate(pass: Pass, answer: SweepAnswer): Promise<void> {
    await settleCandidates(this.#store, pass, answer, this.#options()).catch((error: unknown) => {
      if (!(error instanceof SyncError && error.errorClass === 'PassLost')) throw error;
    });
  }

  /** One step of a sweep: find and ask, or settle what was asked before. */
  async #sweep(walk: Walk): Promise<void> {
    if (walk.sweep) {
      await settleCandidates(this.#store, walk.pass, walk.sweep, this.#options());
      await this.promises.check();
      walk.sweep = undefined;
    } else {
      walk.pass = await findCandidates(this.#store, walk.pass, { maxShare: 0.3, allowMassDeletion: false });
    }
    const asked = await nextCandidates(this.#store, walk.pass, 2);
    if (asked.length === 0) {
      walk.pass = await finishSweep(this.#store, walk.pass);
      return;
    }
    this.#time.now += 1;
    const answer = prepareRecords(getEndpoint(ENDPOINT), this.model.byIds(asked), exactNumber);
    const when = { observedAt: this.#time.clock(), askedSeq: await this.#time.draw() };
    walk.sweep = { asked, returned: answer.storable, unreadable: [], ...when };
  }

  #options() {
    return { ERASE_EMPTIED: this.#history.eraseEmptied, KEEP_REJECTED_BODIES: false };
  }
}
