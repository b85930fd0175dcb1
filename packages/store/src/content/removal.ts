// Deletes contents that nobody uses. A content is closed first, and then nothing can use it until it is gone; so whoever finds one that is
// closed may delete it to the end.

import { RpcError } from '@egg/rpc/errors';
import type { Collection } from '../driver.ts';
import { newClaim, type References } from '../references.ts';
import type { Bytes } from './bytes.ts';
import { asked } from './database-failure.ts';
import { type ContentDocument, MAJORITY } from './documents.ts';

interface RemovalParts {
  readonly contents: Collection<ContentDocument>;
  readonly references: References<string>;
  readonly bytes: Bytes;
  readonly owner: { readonly name: string };
}

export class Removal {
  readonly #parts: RemovalParts;

  constructor(parts: RemovalParts) {
    this.#parts = parts;
  }

  /** Deletes a content that nobody uses; one that is used stays. */
  async remove(sha256: string): Promise<void> {
    const { references, owner } = this.#parts;
    try {
      await asked(references.close(sha256, newClaim(owner.name)));
    } catch (error) {
      if (error instanceof RpcError && error.code === 'FAILED_PRECONDITION') return;
      throw error;
    }
    await this.finish(sha256);
  }

  /** Deletes a content that is closed. Harmless for several at once: what is stored anew has other bytes and no closers. */
  async finish(sha256: string): Promise<void> {
    const { contents, references, bytes } = this.#parts;
    const found = await asked(contents.findOne({ _id: sha256 }, MAJORITY));
    if (!found || found.closers.length === 0) return;
    if (found.file) await bytes.remove(found.file);
    await asked(references.forget(sha256, found.closers));
  }
}
