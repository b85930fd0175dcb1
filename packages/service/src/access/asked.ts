// What is asked of the database about access: bounded by a clock of our own, because the driver's does not hold everywhere, and
// UNAVAILABLE where no answer comes, so that nobody takes a database that is away for a wrong token.

import { RpcError } from '@egg/rpc';
import { bounded } from '@egg/store';

/** How long somebody who calls waits for what is read. */
const READ_MS = 1000;
/** What is written may take longer: nobody asks for it often. */
export const WRITE_MS = 5000;

/** The outcome of `work`. Throws UNAVAILABLE where it fails, or has none within `ms`: what was written may then be written all the same. */
export async function asked<T>(work: Promise<T>, ms = READ_MS): Promise<T> {
  try {
    return await bounded(work, ms);
  } catch (cause) {
    throw unavailable(cause);
  }
}

/** For what only the database can tell. */
export function unavailable(cause?: unknown): RpcError {
  return new RpcError('UNAVAILABLE', 'the database cannot be asked about access', { cause });
}
