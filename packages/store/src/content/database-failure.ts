// Failures of the database while content is moved, told from those of the one who sends or reads it.

import { RpcError } from '@egg/rpc/errors';
import { bounded } from '../bounded.ts';
import { MongoServerError, MongoWriteConcernError } from '../driver.ts';

/** More than one step takes, also while much else is written. */
const ANSWER_MS = 15_000;

/** What was asked of the database may have been done all the same, then or later. */
export class DatabaseFailure extends RpcError {}

/** What the database answers. Throws DatabaseFailure: UNAVAILABLE where it does not answer, INTERNAL where it refuses. */
export async function asked<T>(operation: Promise<T>): Promise<T> {
  try {
    return await bounded(operation, ANSWER_MS);
  } catch (cause) {
    if (cause instanceof RpcError) throw cause;
    const refused =
      cause instanceof MongoServerError &&
      !(cause instanceof MongoWriteConcernError) &&
      !cause.hasErrorLabel('RetryableWriteError');
    throw refused
      ? new DatabaseFailure('INTERNAL', 'internal error', { cause })
      : new DatabaseFailure('UNAVAILABLE', 'the database did not answer in time', { cause });
  }
}
