// How one service of this system shows another who it is: by a token of a minute, signed with a key that only those have who can read
// the database. So nothing that lasts travels, and nobody configures anything.

import { createHmac, randomBytes } from 'node:crypto';
import { type Database, DURABLE, MAJORITY, unlessTaken } from '@egg/store';
import { asked } from './asked.ts';
import { SYSTEM } from './mode.ts';
import { hashOf, sameHash } from './secret.ts';

const LIFE_SECONDS = 60;
const KEY_BYTES = 32;
const TOKEN = /^egg_service_([a-z]{1,32})_(\d{1,12})_([A-Za-z0-9_-]{43})$/;

interface KeyDocument {
  _id: string;
  /** base64url */
  key: string;
}

/** Whether a token claims to be a service's. */
export function isServiceToken(token: string): boolean {
  return token.startsWith('egg_service_');
}

export class ServiceIdentity {
  readonly #database: Promise<Pick<Database, 'collection'>>;
  #key: Buffer | undefined;
  #reading: Promise<Buffer> | undefined;

  constructor(database: Promise<Pick<Database, 'collection'>>) {
    this.#database = database;
  }

  /** The `authorization` of calls that the service makes now. Throws UNAVAILABLE. */
  async authorization(service: string): Promise<string> {
    const body = `egg_service_${service}_${Math.floor(Date.now() / 1000) + LIFE_SECONDS}`;
    return `Bearer ${body}_${sign(await this.#theKey(), body)}`;
  }

  /** The name of the service that the token is of; undefined where it is not valid. Throws UNAVAILABLE. */
  async verify(token: string): Promise<string | undefined> {
    const [, service, expiry, signature] = TOKEN.exec(token) ?? [];
    if (service === undefined || signature === undefined) return undefined;
    const expected = sign(await this.#theKey(), `egg_service_${service}_${expiry}`);
    if (!sameHash(hashOf(signature), hashOf(expected))) return undefined;
    return Number(expiry) * 1000 > Date.now() ? service : undefined;
  }

  async #theKey(): Promise<Buffer> {
    if (this.#key) return this.#key;
    this.#reading ??= this.#readKey().finally(() => {
      this.#reading = undefined;
    });
    this.#key = await asked(this.#reading);
    return this.#key;
  }

  /** The key, made if there is none. */
  async #readKey(): Promise<Buffer> {
    const collection = (await this.#database).collection<KeyDocument>(SYSTEM);
    let found = await collection.findOne({ _id: 'service_key' }, MAJORITY);
    if (!found) {
      const fresh = randomBytes(KEY_BYTES).toString('base64url');
      const made = { $setOnInsert: { key: fresh } };
      // Another process may make it at the same moment.
      await unlessTaken(collection.updateOne({ _id: 'service_key' }, made, { upsert: true, ...DURABLE }));
      found = await collection.findOne({ _id: 'service_key' }, MAJORITY);
    }
    if (!found) throw new Error('the key of the services is gone');
    return Buffer.from(found.key, 'base64url');
  }
}

function sign(key: Buffer, body: string): string {
  return createHmac('sha256', key).update(body).digest('base64url');
}
