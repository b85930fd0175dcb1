// A table whose records point at others: claims what a commit is about to point at, and tells afterwards what became of it.

import { RpcError, toRpcError } from '@egg/rpc/errors';
import type { Reference, TableContract } from '@egg/contract';
import type { Outcome } from './command.ts';
import type { Commit, Fields, Row } from './record.ts';
import { keyOf, type Source, sweepPointers } from './pointing-sweep.ts';
import { newClaim, type Settlement } from './references.ts';
import { isUnknown, type Target } from './target.ts';

interface Log {
  warn(details: object, message: string): void;
}

export class Pointing<R extends Row> {
  readonly #contract: TableContract;
  readonly #targetOf: (table: string) => Target;
  readonly #log: Log;

  constructor(contract: TableContract, targetOf: (table: string) => Target, log: Log) {
    this.#contract = contract;
    this.#targetOf = targetOf;
    this.#log = log;
  }

  /**
   * Makes a commit that leaves `after` of a record that was `before`. Throws INVALID_ARGUMENT that names the field whose record is not
   * there, FAILED_PRECONDITION where it is being deleted, and what `commit` throws.
   */
  async around(
    { before, after, deadline }: { before?: R | undefined; after?: Fields<R>; deadline: number },
    commit: () => Promise<Outcome<R>>,
  ): Promise<Outcome<R>> {
    const fresh = newIn(this.#of(after), this.#of(before));
    const claim = newClaim(this.#contract.name);
    const claimed: Reference[] = [];
    try {
      for (const [table, references] of byTable(fresh)) {
        claimed.push(...references);
        await this.#claim(table, references, claim, deadline);
      }
      const outcome = await commit();
      await this.#settle(claim, claimed, outcome.commit);
      return outcome;
    } catch (error) {
      if (!isUnknown(error)) await this.#settle(claim, claimed, undefined);
      throw error;
    }
  }

  /** Tells what a commit points at and what it does so no longer. */
  async told(commit: Commit<R> | undefined): Promise<void> {
    await this.#settle(undefined, [], commit);
  }

  /** Ends what processes that died have left half done. Any replica may do so at any time. */
  async sweep(source: Source<R>, now = Date.now()): Promise<void> {
    await sweepPointers({ contract: this.#contract, targetOf: this.#targetOf, source }, now);
  }

  async #claim(
    table: string,
    references: readonly Reference[],
    claim: string,
    deadline: number,
  ): Promise<void> {
    const refused = await this.#targetOf(table)
      .claim(idsOf(references), claim, deadline)
      .catch((thrown: unknown) => {
        const reason = toRpcError(thrown).message;
        throw new RpcError(
          'UNAVAILABLE',
          `whether what is named of ${table} is there cannot be known: ${reason}`,
        );
      });
    if (refused.length === 0) return;
    const there = new Map(refused.map(({ id, isThere }) => [id, isThere]));
    const violations = references
      .filter(({ id }) => there.has(id))
      .map(({ field, id }) => {
        const why = there.get(id) === true ? 'which is being deleted' : 'which is not there';
        return { field, reason: `names ${table} ${id}, ${why}` };
      });
    const code = refused.every(({ isThere }) => isThere) ? 'FAILED_PRECONDITION' : 'INVALID_ARGUMENT';
    throw new RpcError(code, violations.map(({ field, reason }) => `${field} ${reason}`).join('; '), {
      violations,
    });
  }

  /** What cannot be told now is found by the sweep. */
  async #settle(
    claim: string | undefined,
    claimed: readonly Reference[],
    commit: Commit<R> | undefined,
  ): Promise<void> {
    const over = claim === undefined ? {} : { claim };
    const settle = async (references: readonly Reference[], settlement: Settlement): Promise<void> => {
      for (const [table, some] of byTable(references))
        await this.#targetOf(table).settle(idsOf(some), settlement);
    };
    let open = claimed;
    try {
      for (const { id, before, after } of commit?.changes ?? []) {
        const pointer = { by: `${this.#contract.name}:${id}`, revision: commit?.revision ?? 0 };
        const [begun, ended] = [
          newIn(this.#of(after), this.#of(before)),
          newIn(this.#of(before), this.#of(after)),
        ];
        await settle(begun, { ...over, pointer: { ...pointer, points: true } });
        await settle(ended, { pointer: { ...pointer, points: false } });
        open = newIn(open, begun);
      }
      await settle(open, over);
    } catch (error) {
      this.#log.warn(
        { err: error, table: this.#contract.name },
        'references could not be settled, the sweep will',
      );
    }
  }

  #of(record: object | undefined): Reference[] {
    return record ? this.#contract.references(record) : [];
  }
}

/** The references in `some` to records that `others` do not point at, one for each record. */
function newIn(some: readonly Reference[], others: readonly Reference[]): Reference[] {
  const known = new Set(others.map(keyOf));
  return some.filter((reference) => {
    const key = keyOf(reference);
    if (known.has(key)) return false;
    known.add(key);
    return true;
  });
}

function idsOf(references: readonly Reference[]): number[] {
  return references.map(({ id }) => id);
}

function byTable(references: readonly Reference[]): Map<string, Reference[]> {
  return Map.groupBy(references, ({ table }) => table);
}
