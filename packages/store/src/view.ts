// What a decision sees: the table's state just before its own revision, with everything that the same batch decided before it.
// The rules that hold for every table (ids rise, keys are unique) live here.

import { isDeepStrictEqual } from 'node:util';
import { RpcError } from '@egg/rpc/errors';
import { type Change, type Fields, type Row, weightOfRow } from './record.ts';

/** As JSON. */
const RECORD_BYTES = 256 * 1024;

/** The state that a batch is decided on top of. */
export interface Base<R extends Row> {
  readonly revision: number;
  readonly lastId: number;
  readonly count: number;
  /** The record with this id. Only of ids and keys that were asked for beforehand. */
  rowOf(id: number): R | undefined;
  /** Who has this key. */
  idOf(key: string): number | undefined;
}

/** What one decision, or one batch of them, changes over its base. */
export class View<R extends Row> implements Base<R> {
  readonly #base: Base<R>;
  readonly #keyOf: (row: Fields<R>) => string;
  readonly #rows = new Map<number, R | undefined>();
  readonly #keys = new Map<string, number | undefined>();
  readonly #changes = new Map<number, Change<R>>();
  #weight = 0;
  /** When the commit that is being decided is made. */
  readonly at: Date;
  revision: number;
  lastId: number;
  count: number;

  constructor(base: Base<R>, keyOf: (row: Fields<R>) => string, at: Date) {
    this.#base = base;
    this.#keyOf = keyOf;
    this.at = at;
    this.revision = base.revision;
    this.lastId = base.lastId;
    this.count = base.count;
  }

  rowOf(id: number): R | undefined {
    return this.#rows.has(id) ? this.#rows.get(id) : this.#base.rowOf(id);
  }

  idOf(key: string): number | undefined {
    return this.#keys.has(key) ? this.#keys.get(key) : this.#base.idOf(key);
  }

  /** The record with this id. Throws NOT_FOUND. */
  existing(id: number): R {
    const row = this.rowOf(id);
    if (row === undefined) throw notFound(id);
    return row;
  }

  /** The record that has the key of these fields. */
  same(fields: Fields<R>): R | undefined {
    const id = this.idOf(this.#keyOf(fields));
    return id === undefined ? undefined : this.rowOf(id);
  }

  /** Adds a record. Throws ALREADY_EXISTS where its key is taken. */
  add(fields: Fields<R>): R {
    this.#refuseTaken(fields, undefined);
    const id = this.lastId + 1;
    const row = {
      id,
      revision: this.revision + 1,
      ...fields,
      created_at: this.at,
      updated_at: this.at,
    } as unknown as R;
    this.lastId = id;
    this.count++;
    this.#put(id, undefined, row);
    return row;
  }

  /**
   * Puts a record back, or in from elsewhere, with its own id, fields and age; its revision is a new one. Throws ALREADY_EXISTS where
   * its id or its key is taken. The decision has to have asked for the id.
   */
  restore(record: R): R {
    const { id } = record;
    if (this.rowOf(id)) throw new RpcError('ALREADY_EXISTS', `the record with id ${id} is there`);
    const row = { ...record, revision: this.revision + 1 };
    this.#refuseTaken(row, undefined);
    this.lastId = Math.max(this.lastId, id);
    this.count++;
    this.#put(id, undefined, row);
    return row;
  }

  /** A view on top of this one, for what shall not become of it. */
  scratch(): View<R> {
    return new View(this, this.#keyOf, this.at);
  }

  /** Gives a record other fields. With nothing new it changes nothing. Throws ALREADY_EXISTS where the new key is taken. */
  replace(before: R, fields: Fields<R>): R {
    if (isDeepStrictEqual(ownFields(before), fields)) return before;
    this.#refuseTaken(fields, before.id);
    const { id, created_at } = before;
    const row = {
      id,
      revision: this.revision + 1,
      ...fields,
      created_at,
      updated_at: this.at,
    } as unknown as R;
    this.#put(id, before, row);
    return row;
  }

  /** Deletes a record and answers with it as it was. */
  remove(before: R): R {
    this.count--;
    this.#put(before.id, before, undefined);
    return before;
  }

  /** About how many bytes the changes take. */
  get weight(): number {
    return this.#weight;
  }

  /** What was changed, each record once. */
  changes(): Change<R>[] {
    return [...this.#changes.values()];
  }

  /** Takes over what a decision on top of this view changed, as the next revision. */
  absorb(decided: View<R>): void {
    for (const [id, row] of decided.#rows) this.#rows.set(id, row);
    for (const [key, id] of decided.#keys) this.#keys.set(key, id);
    this.revision++;
    this.lastId = decided.lastId;
    this.count = decided.count;
  }

  #put(id: number, before: R | undefined, after: R | undefined): void {
    const weight = weightOfRow(after);
    if (after && weight > RECORD_BYTES / 6) refuseTooLarge(after);
    this.#weight += weight + weightOfRow(before);
    if (before) this.#keys.set(this.#keyOf(before), undefined);
    if (after) this.#keys.set(this.#keyOf(after), id);
    this.#rows.set(id, after);
    const first = this.#changes.get(id);
    const change = makeChange(id, first ? first.before : before, after);
    if (change) this.#changes.set(id, change);
    else this.#changes.delete(id);
  }

  #refuseTaken(fields: Fields<R>, id: number | undefined): void {
    const holder = this.idOf(this.#keyOf(fields));
    if (holder === undefined || holder === id) return;
    throw new RpcError('ALREADY_EXISTS', `the record with id ${holder} is the same`);
  }
}

/** NOT_FOUND for a record that is not there. */
export function notFound(id: number): RpcError {
  return new RpcError('NOT_FOUND', `there is no record with id ${id}`, {
    violations: [{ field: 'id', reason: 'is not there' }],
  });
}

/** A record without what every record has. */
export function ownFields<R extends Row>(row: R): Fields<R> {
  const { id: _id, revision: _revision, created_at: _created, updated_at: _updated, ...fields } = row;
  return fields;
}

function refuseTooLarge(row: Row): void {
  if (Buffer.byteLength(JSON.stringify(row)) <= RECORD_BYTES) return;
  throw new RpcError('INVALID_ARGUMENT', 'a record is at most 256 KiB', {
    violations: [{ field: '', reason: 'the record would be more than 256 KiB' }],
  });
}

/** Undefined for what came and went within one commit. */
function makeChange<R extends Row>(
  id: number,
  before: R | undefined,
  after: R | undefined,
): Change<R> | undefined {
  if (before === undefined && after === undefined) return undefined;
  return { id, ...(before && { before }), ...(after && { after }) };
}
