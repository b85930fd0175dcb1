// A list of plain names imported inside the service, a row at a time against rows by the bare driver.

import type { Case, Measured } from '../model.ts';
import type { Stack } from '../stack.ts';

/** One round. */
const ROWS = 20_000;

export async function importRows(stack: Stack): Promise<Case> {
  const worker = await stack.inside();
  return {
    name: 'import, a row',
    what: 'rows of a plain list, parsed and imported in the process of the service, through its pipeline, with both relays on',
    baseline: await insertMany(stack),
    aim: 0.4,
    round: () => worker.round('import', ROWS, 0),
    processes: () => ({ service: worker.pid, mongodb: stack.mongo.pid, nats: stack.nats.pid }),
  };
}

async function insertMany(stack: Stack): Promise<Measured> {
  const worker = await stack.raw();
  return {
    name: 'insertMany, a row',
    what: 'rows of the same record by insertMany of 1,000 (w: majority, j: true), by the bare driver',
    round: () => worker.round('insertMany', ROWS, 0),
    processes: () => ({ driver: worker.pid, mongodb: stack.mongo.pid }),
  };
}
