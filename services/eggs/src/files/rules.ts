// What can be said of a file after it was uploaded.

import type { File, UpdateFileRequest } from '@egg/contract/types/eggs';
import { invalidField } from '@egg/rpc/errors';
import type { Fields } from '@egg/store';

/** Its name. Throws INVALID_ARGUMENT where another content is named. */
export function changedFile({ name, sha256, size }: File, request: UpdateFileRequest): Fields<File> {
  if (request.sha256 !== undefined && request.sha256 !== sha256)
    throw invalidField('sha256', 'cannot be changed');
  return { name: request.name ?? name, sha256, size };
}

/** The files that a list asks for. */
export function askedFiles({ sha256 }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return typeof sha256 === 'string' ? { sha256: sha256.toLowerCase() } : {};
}
