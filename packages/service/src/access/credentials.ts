// The secrets of tokens and hosts, as hashes, apart from their records: no log, history or event of a table has them, and every process
// reads them by itself. Relies on one collection, `credentials`.
//
// A secret is issued before the commit that names its key, and holds only once that commit is known: until then it is pending. Killed
// between the two, the table's owner confirms or revokes it when it opens, and for each commit that it follows.

import { changeEach, DURABLE, MAJORITY } from '@egg/store';
import type { Role } from '@egg/contract';
import type { Database } from '@egg/store';
import { asked, WRITE_MS } from './asked.ts';
import {
  type Credential,
  type CredentialDocument,
  documentOf,
  fromDocument,
  type Issue,
  isHolding,
  PENDING_MS,
} from './credential.ts';
import { newSecret, type Secret } from './secret.ts';

const COLLECTION = 'credentials';
const BATCH = 1000;

/** Its methods throw UNAVAILABLE where the database does not answer. */
export class Credentials {
  readonly #collection;

  constructor(database: Pick<Database, 'collection'>) {
    this.#collection = database.collection<CredentialDocument>(COLLECTION);
  }

  /** Makes the indexes that `each` and `abandoned` read by. To be called while the collection is small. */
  async prepare(): Promise<void> {
    await this.#collection.createIndex({ role: 1, _id: 1 });
    await this.#collection.createIndex({ pending: 1 }, { sparse: true });
  }

  /**
   * Makes a secret that does not hold yet: `confirm` makes it hold, once the commit that names its key is known. Durable when this
   * answers.
   */
  async issue(issue: Issue): Promise<Secret> {
    const [made = newSecret()] = await this.issueAll([issue]);
    return made;
  }

  /** The same for several, in their order. */
  async issueAll(issues: readonly Issue[]): Promise<Secret[]> {
    const made = issues.map(() => newSecret());
    if (made.length === 0) return made;
    const documents = made.map((secret, index) => documentOf(secret, issues[index] as Issue));
    await asked(this.#collection.insertMany(documents, { ordered: false, ...DURABLE }), WRITE_MS);
    return made;
  }

  /** Makes it hold, for a host if it is one's own. Nothing where it is not there, or holds already. */
  confirm(key: string, { host }: { host?: number } = {}): Promise<void> {
    return this.confirmAll([{ key, ...(host !== undefined && { host }) }]);
  }

  async confirmAll(secrets: readonly { readonly key: string; readonly host?: number }[]): Promise<void> {
    if (secrets.length === 0) return;
    const owned = secrets.flatMap(({ key: id, host }) =>
      host === undefined
        ? []
        : [{ id, when: { $eq: ['$pending', true] }, to: { $mergeObjects: ['$$ROOT', { host }] } }],
    );
    // First, so that none holds that is nobody's.
    await asked(changeEach(this.#collection, owned, DURABLE), WRITE_MS);
    const pending = { _id: { $in: secrets.map(({ key }) => key) }, pending: true as const };
    await asked(this.#collection.updateMany(pending, { $unset: { pending: '' } }, DURABLE), WRITE_MS);
  }

  /** Makes it hold no more: processes that read it lately forget it within `CACHE_MS`. Nothing where it is not there. */
  revoke(key: string): Promise<void> {
    return this.revokeAll([key]);
  }

  async revokeAll(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    await asked(this.#collection.deleteMany({ _id: { $in: [...keys] } }, DURABLE), WRITE_MS);
  }

  /** The keys of a role that are pending for so long that no commit can come any more; one may be there and not be known yet. */
  async abandoned(role: Role): Promise<string[]> {
    const before = new Date(Date.now() - PENDING_MS);
    const wanted = { role, pending: true as const, issued_at: { $lt: before } };
    const found = this.#collection.find(wanted, { ...MAJORITY, projection: { _id: 1 } }).limit(BATCH);
    return (await asked(found.toArray(), WRITE_MS)).map(({ _id }) => _id);
  }

  /** Takes those away that are still pending. */
  async forget(keys: readonly string[]): Promise<void> {
    await asked(this.#collection.deleteMany({ _id: { $in: [...keys] }, pending: true }, DURABLE), WRITE_MS);
  }

  /** What is known of a key; undefined if there is none. Pending ones too. */
  async find(key: string): Promise<Credential | undefined> {
    return (await this.findAll([key])).get(key);
  }

  /** What is known of several keys, by key. */
  async findAll(keys: readonly string[]): Promise<Map<string, Credential>> {
    const found = await asked(
      this.#collection.find({ _id: { $in: [...keys] } }, MAJORITY).toArray(),
      WRITE_MS,
    );
    return new Map(found.map((document) => [document._id, fromDocument(document)]));
  }

  /** Takes uses of a secret that holds. Answers with how many of those that are wanted there were; all where uses are not bounded. */
  async take(key: string, wanted: number): Promise<number> {
    for (;;) {
      const credential = await this.find(key);
      if (!credential || !isHolding(credential)) return 0;
      const uses = Math.min(wanted, credential.usesLeft ?? wanted);
      if (credential.usesLeft === undefined || uses === 0) return uses;
      // Somebody else may have been faster.
      if (await this.#addUses(key, -uses)) return uses;
    }
  }

  /** Gives uses back that led to nothing. */
  async giveBack(key: string, uses: number): Promise<void> {
    await this.#addUses(key, uses);
  }

  /** All of some roles, in batches, in no order. */
  async *each(roles: readonly Role[]): AsyncGenerator<Credential[]> {
    for (const role of roles) {
      let batch: Credential[] = [];
      for await (const document of this.#collection.find({ role }, MAJORITY).batchSize(BATCH)) {
        batch.push(fromDocument(document));
        if (batch.length < BATCH) continue;
        yield batch;
        batch = [];
      }
      if (batch.length > 0) yield batch;
    }
  }

  /** Answers whether there were as many. */
  async #addUses(key: string, uses: number): Promise<boolean> {
    const wanted = { _id: key, uses_left: { $gte: Math.max(0, -uses) } };
    const update = this.#collection.updateOne(wanted, { $inc: { uses_left: uses } }, DURABLE);
    return (await asked(update, WRITE_MS)).modifiedCount === 1;
  }
}
