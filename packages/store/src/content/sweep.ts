// Finds contents that nobody uses: at once where a record is deleted, and in rounds over all of them what processes that died, or did
// not reach the database, left behind. Any number of replicas do so at once; every step is one that may be done twice.

import type { Commit } from '../record.ts';
import { claimedAt, pointerOf, type ReferenceDocument, type References } from '../references.ts';
import { asked } from './database-failure.ts';
import type { ContentOwner, ContentRow } from './owner.ts';
import type { Removal } from './removal.ts';
import type { Uploads, UploadsOptions } from './uploads.ts';

export interface SweepOptions extends UploadsOptions {
  /** Between two passes. */
  readonly everyMs?: number;
  /** A claim so old is of a commit that was made or never will be. */
  readonly claimMs?: number;
}

interface SweepParts<R extends ContentRow> extends SweepOptions {
  readonly owner: ContentOwner<R>;
  readonly references: References<string>;
  readonly uploads: Uploads;
  readonly log: { warn(details: object, message: string): void };
  readonly removal: Removal;
}

const EVERY_MS = 20_000;
const CLAIM_MS = 2 * 60_000;
/** Contents that one pass looks at; the next goes on from there. */
const READ = 500;

export class ContentSweep<R extends ContentRow> {
  readonly #parts: SweepParts<R>;
  readonly #claimMs: number;
  readonly #under = new Set<Promise<void>>();
  #after = '';
  #timer: NodeJS.Timeout | undefined;
  #stopListening = (): void => {};

  constructor(parts: SweepParts<R>) {
    this.#parts = parts;
    this.#claimMs = parts.claimMs ?? CLAIM_MS;
  }

  start(): void {
    const { owner, everyMs = EVERY_MS } = this.#parts;
    this.#stopListening = owner.onCommit((commit) => this.#deleted(commit));
    this.#timer = setInterval(() => {
      if (this.#under.size === 0) this.#go(this.pass());
    }, everyMs).unref();
  }

  /** Waits for what is under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopListening();
    await Promise.all(this.#under);
  }

  /** One pass: all uploads that died, and a part of the contents. */
  async pass(): Promise<void> {
    const { references, uploads, owner } = this.#parts;
    await uploads.sweep();
    const contents = await asked(references.read(this.#after, READ));
    // After the contents were read: a record that is pointed at is in the log by then.
    await owner.follow();
    for (const content of contents) await this.#look(content);
    this.#after = contents.length < READ ? '' : (contents.at(-1)?._id ?? '');
  }

  /** A record that had the content is gone since a revision. */
  async release(sha256: string, id: number, revision: number): Promise<void> {
    const { references, owner, removal } = this.#parts;
    const pointer = { by: `${owner.name}:${id}`, revision, points: false };
    await asked(references.settle([sha256], { pointer }));
    await removal.remove(sha256);
  }

  #deleted({ changes, revision }: Commit<R>): void {
    for (const { id, before, after } of changes) {
      if (before && !after) this.#go(this.release(before.sha256, id, revision));
    }
  }

  async #look({ _id: sha256, by, closers }: ReferenceDocument<string>): Promise<void> {
    const { references, removal } = this.#parts;
    const isOver = (entry: string): boolean => Date.now() - (claimedAt(entry) ?? Infinity) > this.#claimMs;
    const overdue = by.filter(isOver);
    if (overdue.length > 0) await this.#adopt(sha256);
    const gone = [...overdue];
    for (const entry of by) if (await this.#isGone(sha256, entry)) gone.push(entry);
    if (gone.length > 0) await asked(references.drop(sha256, gone));
    if (gone.length === by.length || closers.length > 0) await removal.remove(sha256);
  }

  /** Of claims whose end nobody told: records that have the content point at it from now on. */
  async #adopt(sha256: string): Promise<void> {
    const { references, owner } = this.#parts;
    for await (const rows of owner.scan({ sha256 })) {
      for (const { id, revision } of rows) {
        const pointer = { by: `${owner.name}:${id}`, revision, points: true };
        await asked(references.settle([sha256], { pointer }));
      }
    }
  }

  /** A pointer of a revision that this replica has not read yet is nobody's to drop. */
  async #isGone(sha256: string, entry: string): Promise<boolean> {
    const { owner } = this.#parts;
    const pointer = pointerOf(entry);
    if (!pointer || pointer.revision > owner.revision) return false;
    return (await owner.current(pointer.id))?.sha256 !== sha256;
  }

  /** What fails is found again by a later pass. */
  #go(work: Promise<void>): void {
    const done = work.catch((error: unknown) => {
      this.#parts.log.warn({ err: error }, 'contents that are used no more could not be deleted yet');
    });
    this.#under.add(done);
    void done.finally(() => this.#under.delete(done));
  }
}
