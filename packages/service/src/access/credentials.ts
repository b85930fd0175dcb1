// The secrets of tokens and hosts, as hashes, apart from their records: no log, history or event of a table has them, and every process
// reads them by itself. Relies on one collection, `credentials`.
//
// A secret is issued before the commit that names its key, and holds only once that commit is known: until then it is pending. Killed
// between the two, the table's owner confirms or revokes it when it opens, and for each commit that it follows.

import { DURABLE, MAJORITY } from '@egg/store';
import type { Role } from '@egg/contract';
import type { Database } from '@egg/store';
import { asked, WRITE_MS } from './asked.ts';
import { hashOf, newSecret, type Secret } from './secret.ts';

/** What is known of a secret. */
export interface Credential {
  readonly key: string;
  /** SHA-256 of the whole secret. */
  readonly hash: Buffer;
  readonly role: Role;
  /** Of the token, or of the host. */
  readonly name: string;
  readonly expiresAt?: Date;
  /** The id of the host whose own it is. */
  readonly host?: number;
  /** How often it may still be used, if that is bounded. */
  readonly usesLeft?: number;
  /** No commit that names it is known yet: it does not hold. */
  readonly pending: boolean;
  readonly issuedAt: Date;
}

export interface Issue {
  readonly role: Role;
  readonly name: string;
  readonly expiresAt?: Date | undefined;
  /** How often it may be used. */
  readonly uses?: number | undefined;
}

interface CredentialDocument {
  /** The key. */
  _id: string;
  /** Hex. */
  hash: string;
  role: Role;
  name: string;
  expires_at?: Date;
  host?: number;
  uses_left?: number;
  pending?: true;
  issued_at: Date;
}

const COLLECTION = 'credentials';
const BATCH = 1000;
/** A pending secret that is older than this has no commit any more that could come. */
const PENDING_MS = 60 * 60 * 1000;

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
  async issue({ role, name, expiresAt, uses }: Issue): Promise<Secret> {
    const made = newSecret();
    const document: CredentialDocument = {
      _id: made.key,
      hash: hashOf(made.secret).toString('hex'),
      role,
      name,
      ...(expiresAt && { expires_at: expiresAt }),
      ...(uses !== undefined && { uses_left: uses }),
      pending: true,
      issued_at: new Date(),
    };
    await asked(this.#collection.insertOne(document, DURABLE), WRITE_MS);
    return made;
  }

  /** Makes it hold, for a host if it is one's own. Nothing where it is not there, or holds already. */
  confirm(key: string, { host }: { host?: number } = {}): Promise<void> {
    return this.confirmAll([{ key, ...(host !== undefined && { host }) }]);
  }

  async confirmAll(secrets: readonly { readonly key: string; readonly host?: number }[]): Promise<void> {
    if (secrets.length === 0) return;
    const operations = secrets.map(({ key, host }) => ({
      updateOne: {
        filter: { _id: key },
        update: { $unset: { pending: '' as const }, ...(host !== undefined && { $set: { host } }) },
      },
    }));
    await asked(this.#collection.bulkWrite(operations, { ordered: false, ...DURABLE }), WRITE_MS);
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

  /** Takes one use of a secret that holds. Answers whether there was one; always where uses are not bounded. */
  async take(key: string): Promise<boolean> {
    const credential = await this.find(key);
    if (!credential || !isHolding(credential)) return false;
    if (credential.usesLeft === undefined) return true;
    const { modifiedCount } = await this.#addUses(key, -1);
    return modifiedCount === 1;
  }

  /** Gives a use back that led to nothing. */
  async giveBack(key: string): Promise<void> {
    await this.#addUses(key, 1);
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

  #addUses(key: string, uses: 1 | -1): Promise<{ modifiedCount: number }> {
    const wanted = { _id: key, uses_left: uses < 0 ? { $gt: 0 } : { $gte: 0 } };
    return asked(this.#collection.updateOne(wanted, { $inc: { uses_left: uses } }, DURABLE), WRITE_MS);
  }
}

/** Whether a secret holds now: it was confirmed and has not expired. */
export function isHolding({ pending, expiresAt }: Credential, now = Date.now()): boolean {
  return !pending && (expiresAt === undefined || expiresAt.getTime() > now);
}

/** Whether the commit that would name a secret cannot come any more. */
export function isAbandoned({ pending, issuedAt }: Credential, now = Date.now()): boolean {
  return pending && now - issuedAt.getTime() > PENDING_MS;
}

function fromDocument(document: CredentialDocument): Credential {
  const { _id, hash, role, name, expires_at, host, uses_left, pending, issued_at } = document;
  return {
    key: _id,
    hash: Buffer.from(hash, 'hex'),
    role,
    name,
    ...(expires_at && { expiresAt: expires_at }),
    ...(host !== undefined && { host }),
    ...(uses_left !== undefined && { usesLeft: uses_left }),
    pending: pending === true,
    issuedAt: issued_at,
  };
}
