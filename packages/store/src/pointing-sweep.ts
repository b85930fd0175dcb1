// What processes that died have left of references: pointers that nobody took away, and claims of which nobody told what became.

import type { Reference, TableContract } from '@egg/contract';
import type { Row } from './record.ts';
import { claimedAt, pointerOf, tableOf } from './references.ts';
import type { Pointed, Target } from './target.ts';

export interface Source<R extends Row> {
  readonly revision: number;
  follow(deadline?: number): Promise<void>;
  currentOf(ids: readonly number[]): Promise<ReadonlyMap<number, R>>;
  scan(filter: Readonly<Record<string, unknown>>): AsyncGenerator<R[]>;
}

interface Parts<R extends Row> {
  /** Of the table whose records point. */
  readonly contract: Pick<TableContract, 'name' | 'pointsAt' | 'references'>;
  readonly targetOf: (table: string) => Target;
  readonly source: Source<R>;
}

interface StaleClaim {
  readonly table: string;
  readonly id: number;
  readonly claim: string;
}

/** A claim older than this is of a commit that was made or never will be. */
const OVER_MS = 2 * 60_000;
const READ = 500;

/**
 * Compares what is held in the name of a table's records with the records, once. Pointers are dropped whose record is gone or points
 * elsewhere by now; claims that are over become pointers, or go.
 */
export async function sweepPointers<R extends Row>(parts: Parts<R>, now: number): Promise<void> {
  const stale: StaleClaim[] = [];
  for (const table of parts.contract.pointsAt) {
    const target = parts.targetOf(table);
    let pointed: Pointed[] = [];
    for (let after = 0; (pointed = await target.read(after, READ)).length > 0;) {
      await dropPointers(parts, table, pointed);
      for (const { _id: id, by } of pointed) {
        const isOver = (entry: string): boolean => now - (claimedAt(entry) ?? now) > OVER_MS;
        for (const claim of own(parts, by).filter(isOver)) stale.push({ table, id, claim });
      }
      after = pointed.at(-1)?._id ?? after;
    }
  }
  if (stale.length > 0) await endClaims(parts, stale);
}

async function dropPointers<R extends Row>(
  parts: Parts<R>,
  table: string,
  pointed: readonly Pointed[],
): Promise<void> {
  const { contract, targetOf, source } = parts;
  await source.follow();
  // Taken before the records are read, which are at least as new.
  const { revision } = source;
  const ids = pointed.flatMap(({ by }) => own(parts, by).flatMap((entry) => pointerOf(entry)?.id ?? []));
  const rows = await source.currentOf([...new Set(ids)]);
  const pointsTo = new Map([...rows].map(([id, row]) => [id, new Set(contract.references(row).map(keyOf))]));
  for (const { _id: id, by } of pointed) {
    for (const entry of own(parts, by)) {
      const pointer = pointerOf(entry);
      // A pointer of a revision that this replica has not read yet is nobody's to drop.
      if (!pointer || pointer.revision > revision) continue;
      if (!pointsTo.get(pointer.id)?.has(keyOf({ table, id }))) await targetOf(table).drop(id, [entry]);
    }
  }
}

/** Of commits whose end nobody told: whoever points at the records is told now. */
async function endClaims<R extends Row>(
  { contract, targetOf, source }: Parts<R>,
  stale: readonly StaleClaim[],
): Promise<void> {
  const keys = new Set(stale.map(keyOf));
  for await (const rows of source.scan({})) {
    for (const row of rows) {
      const pointer = { by: `${contract.name}:${row.id}`, revision: row.revision, points: true };
      for (const reference of contract.references(row).filter((one) => keys.has(keyOf(one))))
        await targetOf(reference.table).settle([reference.id], { pointer });
    }
  }
  for (const { table, id, claim } of stale) await targetOf(table).settle([id], { claim });
}

function own<R extends Row>({ contract }: Parts<R>, by: readonly string[]): string[] {
  return by.filter((entry) => tableOf(entry) === contract.name);
}

/** The same for all references to one record. */
export function keyOf({ table, id }: Pick<Reference, 'table' | 'id'>): string {
  return `${table}:${id}`;
}
