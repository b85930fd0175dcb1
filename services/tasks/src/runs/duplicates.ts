// What a bulk of writes says where some of its documents are there already.

import { DUPLICATE_KEY } from './documents.ts';

/** Whether all of it was done but for documents that are there already. */
export function isDuplicateAlone(error: unknown): boolean {
  const { code, writeErrors } = error as { code?: number; writeErrors?: unknown };
  const errors = (Array.isArray(writeErrors) ? writeErrors : [writeErrors]).filter(Boolean) as {
    code?: number;
  }[];
  return errors.length > 0 ? errors.every((one) => one.code === DUPLICATE_KEY) : code === DUPLICATE_KEY;
}
