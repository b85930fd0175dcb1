// What cases are measured against: the same work as single writes by the bare driver.

import type { Measured } from '../model.ts';
import type { Stack } from '../stack.ts';

/** One round, in milliseconds. */
export const ROUND_MS = 2000;

/** Single inserts of the same record. */
export async function insertOne(stack: Stack, callers: number): Promise<Measured> {
  const worker = await stack.raw();
  return {
    name: `insertOne × ${callers}`,
    what: `single insertOne of the same record by ${counted(callers)} (w: majority, j: true), by the bare driver`,
    round: () => worker.round('insertOne', callers, ROUND_MS),
    processes: () => ({ driver: worker.pid, mongodb: stack.mongo.pid }),
  };
}

/** Single increments of one document. */
export async function increment(stack: Stack, callers: number): Promise<Measured> {
  const worker = await stack.raw();
  return {
    name: `$inc × ${callers}`,
    what: `single updateOne with $inc of the same document by ${counted(callers)} (w: majority, j: true), by the bare driver`,
    round: () => worker.round('increment', callers, ROUND_MS),
    processes: () => ({ driver: worker.pid, mongodb: stack.mongo.pid }),
  };
}

function counted(callers: number): string {
  return callers === 1 ? 'one caller' : `${callers} callers`;
}
