// File content, kept once for each SHA-256 however many records use it. A record claims its content before its commit and points at it
// afterwards, by the same references that records have among each other; a content that nobody uses goes.
//
// So an upload and a deletion of the same content cannot both win: a content that is claimed cannot be closed, and one that is closed
// cannot be claimed, only deleted to the end, by whoever comes by, before it is stored anew.

import { RpcError } from '@egg/rpc/errors';
import type { Database } from '../connection.ts';
import type { Collection } from '../driver.ts';
import type { Commit } from '../record.ts';
import { newClaim, References } from '../references.ts';
import { isUnknown } from '../target.ts';
import { Bytes, type Range, type Received } from './bytes.ts';
import { asked, DatabaseFailure } from './database-failure.ts';
import { type ContentDocument, CONTENTS, DURABLE, MAJORITY } from './documents.ts';
import type { ContentOwner, ContentRow } from './owner.ts';
import { Removal } from './removal.ts';
import { ContentSweep, type SweepOptions } from './sweep.ts';
import { type Upload, Uploads } from './uploads.ts';

export interface ContentOptions<R extends ContentRow> extends SweepOptions {
  readonly database: Pick<Database, 'collection' | 'bucket'>;
  readonly owner: ContentOwner<R>;
  readonly log: { warn(details: object, message: string): void };
}

/** A content that is claimed for a commit to come. */
interface Claimed extends Received {
  readonly claim: string;
}

/** How often a content that is being deleted is deleted to the end before an upload gives up. */
const TRIES = 20;

export class Content<R extends ContentRow> {
  readonly #owner: ContentOwner<R>;
  readonly #log: ContentOptions<R>['log'];
  readonly #contents: Collection<ContentDocument>;
  readonly #references: References<string>;
  readonly #bytes: Bytes;
  readonly #uploads: Uploads;
  readonly #removal: Removal;
  readonly #sweep: ContentSweep<R>;

  private constructor({ database, owner, log, ...times }: ContentOptions<R>) {
    this.#owner = owner;
    this.#log = log;
    this.#contents = database.collection(CONTENTS);
    this.#references = new References<string>(database.collection(CONTENTS));
    this.#bytes = new Bytes(database);
    this.#uploads = new Uploads(database, this.#bytes, times);
    const parts = { references: this.#references, bytes: this.#bytes, log, owner, uploads: this.#uploads };
    this.#removal = new Removal({ ...parts, contents: this.#contents });
    this.#sweep = new ContentSweep({ ...parts, removal: this.#removal, ...times });
  }

  /** Makes the indexes, and from then on deletes what is used no more. */
  static async open<R extends ContentRow>(options: ContentOptions<R>): Promise<Content<R>> {
    const content = new Content(options);
    await content.#bytes.prepare();
    await content.#contents.createIndex({ file: 1 }, { sparse: true });
    content.#sweep.start();
    return content;
  }

  /**
   * Stores what `pieces` gives, as fast as the database takes it, and makes the commit that uses it. `check` may refuse what came, once
   * all of it is there. Nothing is kept where it throws, `pieces` does or the commit is refused. Throws RpcError.
   */
  async store(
    pieces: AsyncIterable<Uint8Array>,
    check: (received: Received) => void,
    commit: (received: Received) => Promise<Commit<R> | undefined>,
  ): Promise<Commit<R> | undefined> {
    const claimed = await this.#write(pieces, check);
    let made: Commit<R> | undefined;
    try {
      made = await commit(claimed);
    } catch (error) {
      // Whether an unanswered commit was made shows later: the sweep will know.
      if (!isUnknown(error)) await this.#settle(claimed, undefined);
      throw error;
    }
    await this.#settle(claimed, made);
    return made;
  }

  /**
   * Gives a part of a content as fast as it is taken; ending the iteration ends the reading. Throws NOT_FOUND if there is no such
   * content, UNAVAILABLE where the database does not answer.
   */
  async *read(sha256: string, range: Range): AsyncGenerator<Uint8Array> {
    const found = await asked(this.#contents.findOne({ _id: sha256 }, MAJORITY));
    if (!found?.file) throw new RpcError('NOT_FOUND', 'the content is gone');
    yield* this.#bytes.read(found.file, range);
  }

  /** Looks for what dead processes left, once. For tests; it happens by itself. */
  sweep(): Promise<void> {
    return this.#sweep.pass();
  }

  /** Ends what goes on beside the calls. */
  close(): Promise<void> {
    return this.#sweep.stop();
  }

  async #write(pieces: AsyncIterable<Uint8Array>, check: (received: Received) => void): Promise<Claimed> {
    const upload = await this.#uploads.begin();
    let received: Received;
    try {
      received = await this.#bytes.write(upload.file, whileLiving(upload, pieces));
      check(received);
    } catch (error) {
      // After a failure of the database a chunk may still come: only the sweep, later, deletes all.
      if (error instanceof DatabaseFailure) upload.leave();
      else await upload.discard();
      throw error;
    }
    try {
      return await this.#keep(upload, received);
    } finally {
      upload.leave();
    }
  }

  /** Makes what came the content of its SHA-256, or, where that is there already, uses the one that is. */
  async #keep(upload: Upload, { sha256, size }: Received): Promise<Claimed> {
    const claim = await this.#claim(sha256);
    await upload.confirm();
    const { matchedCount } = await asked(
      this.#contents.updateOne(
        { _id: sha256, by: claim, file: { $exists: false } },
        { $set: { file: upload.file, size } },
        DURABLE,
      ),
    );
    if (matchedCount > 0) await upload.done();
    else {
      const there = await asked(this.#contents.findOne({ _id: sha256, by: claim }, MAJORITY));
      await upload.discard();
      if (!there?.file) throw new RpcError('UNAVAILABLE', 'the upload stood still for too long');
    }
    return { sha256, size, claim };
  }

  async #claim(sha256: string): Promise<string> {
    for (let tries = TRIES; ; tries--) {
      const claim = newClaim(this.#owner.name);
      const deleting = await asked(this.#references.claim([sha256], claim));
      if (deleting.length === 0) return claim;
      if (tries === 0) throw new RpcError('UNAVAILABLE', 'the content is deleted again and again');
      await this.#removal.finish(sha256);
    }
  }

  /** Turns a claim into the pointer of the record that a commit left, or gives it back. What cannot be said now is found by the sweep. */
  async #settle({ sha256, claim }: Claimed, commit: Commit<R> | undefined): Promise<void> {
    const id = commit?.changes[0]?.id;
    try {
      if (commit && id !== undefined) {
        const pointer = { by: `${this.#owner.name}:${id}`, revision: commit.revision, points: true };
        await asked(this.#references.settle([sha256], { claim, pointer }));
        // Whoever deleted the record meanwhile found no pointer to take away.
        await this.#owner.follow();
        if (!(await this.#owner.current(id))) await this.#sweep.release(sha256, id, this.#owner.revision + 1);
      } else {
        await asked(this.#references.settle([sha256], { claim }));
        await this.#removal.remove(sha256);
      }
    } catch (error) {
      this.#log.warn({ err: error, sha256 }, 'the use of a content could not be told, the sweep will');
    }
  }
}

async function* whileLiving(upload: Upload, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    upload.check();
    yield piece;
  }
}
